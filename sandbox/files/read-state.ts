import { b2, type Digest } from "../../core/mod.ts";
import type { OpenFolder } from "./folder.ts";
import { openFile } from "./open-file.ts";
import { readBytes } from "./read-bytes.ts";
import type { FileState } from "./read-spec.ts";
import { refuseMaskedLink } from "./refuse-masked-link.ts";
import { kindOf, linkStamp, lstatOrNull, MISSING, stampOf } from "./stamp.ts";

/** How much is looked at. */
export interface StateOptions {
  /** A larger file gives neither bytes nor digest. */
  readonly maxBytes: number;
  /** Real paths that policy denies. */
  readonly masked: (() => readonly string[]) | undefined;
}

/**
 * Looks at one entry of an open folder, with its content where it is a small enough regular file.
 *
 * @param folder The open parent.
 * @param base Name of the entry.
 * @param options Size and masks.
 * @returns What stands there; `exists: false` when nothing does.
 * @throws {SandboxError} `PATH_CHANGED`, `FILE_REFUSED`.
 */
export function readState(folder: OpenFolder, base: string, options: StateOptions): FileState {
  const { maxBytes } = options;
  const path = folder.at(base);
  const stat = lstatOrNull(path);
  if (stat === null) return { ...MISSING, exists: false, bytes: null };
  const kind = kindOf(stat);
  if (kind === "symlink") return { ...linkStamp(path, stat), exists: true, bytes: null };
  if (kind !== "file") return { ...stampOf(stat, null), exists: true, bytes: null };
  const file = openFile(folder, base);
  try {
    refuseMaskedLink(file, options.masked);
    if (file.stat.size > BigInt(maxBytes)) return { ...stampOf(file.stat, null), exists: true, bytes: null };
    const bytes = readBytes(file.fd, maxBytes + 1);
    const fits = bytes.length <= maxBytes;
    const digest: Digest | null = fits ? b2(bytes) : null;
    return { ...stampOf(file.stat, digest), size: bytes.length, exists: true, bytes: fits ? bytes : null };
  } finally {
    file.close();
  }
}
