import { lstatSync, realpathSync, type Stats } from "node:fs";
import { isAbsolute, resolve, sep } from "node:path";
import type { FileKind, PathTarget } from "../../core/mod.ts";
import { PolicyError } from "../errors.ts";
import { windowsProblem } from "./windows-forms.ts";

/** The longest path in UTF-8 bytes, as the kernel has it. */
export const MAX_PATH_BYTES = 4096;

/**
 * Resolves a path to what policy decides on: the path as spelled and the real one. Literal: `~` and `%` stand for
 * themselves, `..` after a link means what the operating system makes of it.
 *
 * @example
 * ```ts
 * resolvePath("src/../README.md", "/home/me/shop"); // { real: "/home/me/shop/README.md", file: "file", … }
 * ```
 * @param input A relative or absolute path, untrusted.
 * @param base Real path of the folder that relative paths start from.
 * @returns The target; a final link that exists is resolved in `real`, while `file` says `symlink`.
 * @throws {PolicyError} `PATH_INVALID` for a path that no file can have, a dangling link, a loop, or a folder that may
 * not be searched.
 */
export function resolvePath(input: string, base: string): PathTarget {
  checkText(input, input);
  const absolute = isAbsolute(input) ? input : `${base}${sep}${input}`;
  checkText(absolute, input);
  const { real, file } = locate(trimEnd(absolute), input);
  return { kind: "path", real, lexical: resolve(absolute), file, staged: false };
}

/** Refuses what no file system call may be asked about. */
function checkText(path: string, input: string): void {
  if (input === "") throw invalid(input, "it is empty", "name a file or folder, `.` for the project itself");
  if (path.includes("\0")) throw invalid(input, "it holds a NUL character");
  // Threat: a lone surrogate becomes U+FFFD on the way to the disk, so that another name is opened than was judged.
  if (!path.isWellFormed()) throw invalid(input, "it is not well-formed text");
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw invalid(input, `it is longer than ${MAX_PATH_BYTES} bytes`);
  }
  const problem = sep === "\\" ? windowsProblem(path) : null;
  if (problem !== null) throw invalid(input, `it is ${problem}`);
}

/** Finds the real path: that of the deepest parent that exists, and the missing rest as it is. */
function locate(absolute: string, input: string): { real: string; file: FileKind } {
  const rest: string[] = [];
  let head = absolute;
  for (;;) {
    const found = realPathOf(head, input);
    if (found !== null) {
      if (rest.length === 0) return { real: found, file: kindOf(head, found) };
      return { real: resolve(found, ...rest.toReversed()), file: "missing" };
    }
    // Threat: a write through a dangling link would create the file wherever the link points by then.
    if (statOf(head)?.isSymbolicLink() === true) throw invalid(input, "it leads through a link to nothing");
    const cut = lastSeparator(head);
    const name = head.slice(cut + 1);
    if (name === "..") throw invalid(input, "it has `..` after a folder that does not exist");
    if (name !== "." && name !== "") rest.push(name);
    // `missing//x` has a second separator to cut: with it left, what is missing would be taken for the root.
    head = cut <= 0 ? head.slice(0, 1) : trimEnd(head.slice(0, cut));
  }
}

/** The real path of what exists, `null` for what is missing. */
function realPathOf(path: string, input: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (cause) {
    const code = codeOf(cause);
    // The root exists: without this a broken file system would make an endless walk.
    if ((code === "ENOENT" || code === "ENOTDIR") && lastSeparator(path) < path.length - 1) return null;
    if (code === "ELOOP") throw invalid(input, "its links lead in a circle");
    if (code === "ENAMETOOLONG") throw invalid(input, "one of its names is too long");
    if (code === "EACCES" || code === "EPERM") throw invalid(input, "one of its folders may not be searched");
    throw new PolicyError("PATH_INVALID", `Cannot resolve path "${short(input)}": ${code}`, { cause });
  }
}

/** What stands there. A link to a device or FIFO counts as one, since the real path is what would be opened. */
function kindOf(path: string, real: string): FileKind {
  const own = plainKind(statOf(path));
  if (own !== "symlink") return own;
  return plainKind(statOf(real)) === "special" ? "special" : "symlink";
}

function plainKind(stats: Stats | null): FileKind {
  if (stats === null) return "missing";
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "special";
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return typeof code === "string" ? code : "it cannot be read";
}

/** Cuts separators and `/.` off the end: `file.txt/` names the file, as a person means it. */
function trimEnd(path: string): string {
  let end = path.length;
  for (;;) {
    if (end > 1 && isSeparator(path, end - 1)) end -= 1;
    else if (end > 2 && path[end - 1] === "." && isSeparator(path, end - 2)) end -= 2;
    else break;
  }
  const cut = path.slice(0, Math.max(end, 1));
  return /^[a-z]:$/i.test(cut) ? `${cut}\\` : cut;
}

function lastSeparator(path: string): number {
  return sep === "\\" ? Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) : path.lastIndexOf("/");
}

function isSeparator(path: string, at: number): boolean {
  return path[at] === "/" || (sep === "\\" && path[at] === "\\");
}

function invalid(input: string, seen: string, hint?: string): PolicyError {
  return new PolicyError("PATH_INVALID", `Cannot resolve path "${short(input)}": ${seen}`, { hint });
}

/** At most 120 characters, without control characters or halves of one. */
function short(text: string): string {
  const clean = text.slice(0, 120).toWellFormed().replaceAll(/[\p{Cc}\p{Cf}]/gu, "\uFFFD");
  return text.length > 120 ? `${clean}…` : clean;
}
