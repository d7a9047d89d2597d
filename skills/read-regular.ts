import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { errorCode } from "../core/mod.ts";

/** What reading a file of a skill gave. */
export type RegularFile =
  | { readonly kind: "ok"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly why: "link" | "type" | "size" | "io"; readonly seen: string };

/**
 * Reads a regular file through one descriptor, following no link in its last part.
 *
 * @param path Absolute path.
 * @param maxBytes Longer files are refused.
 * @returns The bytes, or why not; never throws.
 */
export function readRegular(path: string, maxBytes: number): RegularFile {
  let fd: number;
  try {
    // NONBLOCK: opening a FIFO must not wait for a writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    const link = code === "ELOOP" || code === "EMLINK";
    return {
      kind: "refused",
      why: link ? "link" : "io",
      seen: link ? "it is a link" : `it cannot be opened (${code})`,
    };
  }
  try {
    if (lstatSync(path).isSymbolicLink()) return { kind: "refused", why: "link", seen: "it is a link" };
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { kind: "refused", why: "type", seen: "it is not a regular file" };
    if (stat.size > maxBytes) return { kind: "refused", why: "size", seen: `it has more than ${maxBytes} bytes` };
    const bytes = new Uint8Array(stat.size + 1);
    let filled = 0;
    for (;;) {
      const count = readSync(fd, bytes, filled, bytes.length - filled, null);
      filled += count;
      if (count === 0) return { kind: "ok", bytes: bytes.slice(0, filled) };
      if (filled === bytes.length) return { kind: "refused", why: "io", seen: "it changes while it is read" };
    }
  } catch (cause) {
    return { kind: "refused", why: "io", seen: `it cannot be read (${errorCode(cause)})` };
  } finally {
    closeSync(fd);
  }
}
