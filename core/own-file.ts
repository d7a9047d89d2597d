import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { geteuid } from "node:process";
import { concatBytes } from "./concat-bytes.ts";

/** What to insist on when reading one of our own files. */
export interface OwnFileRules {
  /** Longer files are refused, in bytes. */
  readonly maxBytes: number;
  /** `true`: refuse a file that group or others may read or write. Default `false`: only refuse when they may write. */
  readonly secret?: boolean;
}

/** What reading one of our own files gave. Each caller turns `unsafe` into an error of its own family. */
export type OwnFile =
  | { readonly kind: "missing" }
  | { readonly kind: "ok"; readonly bytes: Uint8Array; readonly mode: number; readonly mtimeMs: number }
  | {
    readonly kind: "unsafe";
    /** What was seen, e.g. `it is a symbolic link`. */
    readonly why: string;
    /** What to do, with the exact command where there is one. */
    readonly hint: string;
  };

/**
 * Reads a regular file that belongs to the effective user, without following a link.
 *
 * Threat: somebody puts a link, FIFO, device or foreign file where a key, the vault or a config is expected, or leaves
 * it open to others. Checked on the open descriptor, so that nothing can be swapped in between.
 *
 * @param path Absolute path; only its last part is guarded, see {@link checkOwnFolder} for the folder.
 * @param rules Bounds.
 * @returns The bytes, `missing`, or why it is not safe; never throws for what stands on disk.
 */
export function readOwnFile(path: string, rules: OwnFileRules): OwnFile {
  let fd: number;
  try {
    // NONBLOCK: opening a FIFO must not wait for a writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return openFailure(path, error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return unsafe("it is not a regular file", `move "${path}" away`);
    const entry = lstatSync(path);
    // Where the runtime ignores O_NOFOLLOW this still tells a link from the file behind it.
    if (entry.isSymbolicLink()) return unsafe("it is a symbolic link", `replace "${path}" by the file itself`);
    const open = openness(stat, rules.secret === true);
    if (open !== null) return unsafe(open.why, open.hint(path));
    if (stat.size > rules.maxBytes) {
      return unsafe(`it has ${stat.size} bytes, more than ${rules.maxBytes}`, `shorten or move "${path}" away`);
    }
    const bytes = readAll(fd, stat.size, rules.maxBytes);
    if (bytes === null) return unsafe(`it has more than ${rules.maxBytes} bytes`, `move "${path}" away`);
    return { kind: "ok", bytes, mode: stat.mode & 0o777, mtimeMs: stat.mtimeMs };
  } catch (error) {
    return unsafe(`reading failed (${errorCode(error)})`, `check the disk and the permissions of "${path}"`);
  } finally {
    closeSync(fd);
  }
}

/**
 * Checks that a folder is real, belongs to the effective user and cannot be changed by others.
 *
 * @param path Absolute path.
 * @param secret `true`: others may not even list it.
 * @returns `ok`, `missing`, or why it is not safe.
 */
export function checkOwnFolder(
  path: string,
  secret: boolean,
): { readonly kind: "ok" } | Exclude<OwnFile, { kind: "ok" }> {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return unsafe("it is a symbolic link", `replace "${path}" by the folder itself`);
    if (!stat.isDirectory()) return unsafe("it is not a folder", `move "${path}" away`);
    const open = openness(stat, secret);
    return open === null ? { kind: "ok" } : unsafe(open.why, open.hint(path));
  } catch (error) {
    return openFailure(path, error);
  }
}

/**
 * Reads the `code` of a system error.
 *
 * @param error Anything that was thrown.
 * @returns E.g. `ENOENT`, or `unknown error`.
 */
export function errorCode(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return "unknown error";
}

/**
 * Reads the `code` of the system error behind a failure: what wrapped it has a code of its own, which tells a person less.
 *
 * @param error Anything that was thrown.
 * @returns E.g. `ENOSPC`; the outermost code where nothing was wrapped.
 */
export function rootCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? rootCode(cause) : errorCode(error);
}

function openness(
  stat: { readonly uid: number; readonly mode: number },
  secret: boolean,
): { readonly why: string; readonly hint: (path: string) => string } | null {
  const user = geteuid?.();
  // Windows has neither owners nor modes of this kind.
  if (user === undefined) return null;
  if (stat.uid !== user) {
    return {
      why: `it belongs to user ${stat.uid}`,
      hint: (path) => `chown ${user} "${path}", if you trust its content`,
    };
  }
  const mode = (stat.mode & 0o777).toString(8).padStart(3, "0");
  if (secret && (stat.mode & 0o077) !== 0) {
    return { why: `others may open it (mode ${mode})`, hint: (path) => `chmod go= "${path}"` };
  }
  if ((stat.mode & 0o022) !== 0) {
    return { why: `others may change it (mode ${mode})`, hint: (path) => `chmod go-w "${path}"` };
  }
  return null;
}

function openFailure(path: string, error: unknown): Exclude<OwnFile, { kind: "ok" }> {
  const code = errorCode(error);
  if (code === "ENOENT") return { kind: "missing" };
  if (code === "ELOOP" || code === "EMLINK") {
    return unsafe("it is a symbolic link", `replace "${path}" by the file itself`);
  }
  if (code === "ENOTDIR") return unsafe("a part of its path is not a folder", `check "${path}"`);
  return unsafe(`opening failed (${code})`, `check the permissions of "${path}"`);
}

// The file may grow meanwhile: it is read to its end, whatever its size was.
function readAll(fd: number, size: number, maxBytes: number): Uint8Array | null {
  const chunks: Uint8Array[] = [];
  let chunk = new Uint8Array(size + 1);
  let filled = 0;
  let total = 0;
  for (;;) {
    const count = readSync(fd, chunk, filled, chunk.length - filled, null);
    filled += count;
    total += count;
    if (total > maxBytes) return null;
    if (count > 0 && filled < chunk.length) continue;
    chunks.push(chunk.subarray(0, filled));
    if (count === 0) return chunks.length === 1 ? chunk.slice(0, filled) : concatBytes(chunks);
    chunk = new Uint8Array(65_536);
    filled = 0;
  }
}

function unsafe(why: string, hint: string): { readonly kind: "unsafe"; readonly why: string; readonly hint: string } {
  return { kind: "unsafe", why, hint };
}
