import { SandboxError, type SandboxErrorCode } from "../errors.ts";

interface Meaning {
  readonly code: SandboxErrorCode;
  readonly seen: string;
  readonly hint?: string;
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["ENOENT", { code: "NOT_FOUND", seen: "there is no such file" }],
  ["ENOTDIR", { code: "NOT_FOUND", seen: "a parent is not a folder" }],
  ["EISDIR", { code: "NOT_REGULAR", seen: "it is a folder", hint: "use list to see what is in it" }],
  ["ELOOP", { code: "NOT_REGULAR", seen: "it is a symbolic link", hint: "name the file it points to" }],
  ["ENXIO", { code: "NOT_REGULAR", seen: "it is a socket, a FIFO or a device" }],
  ["ENODEV", { code: "NOT_REGULAR", seen: "it is a socket, a FIFO or a device" }],
  ["ENAMETOOLONG", { code: "PATH_INVALID", seen: "a name in it is too long" }],
  ["ERR_INVALID_ARG_VALUE", { code: "PATH_INVALID", seen: "it is not a path" }],
  ["EACCES", {
    code: "FILE_REFUSED",
    seen: "the file system denies access",
    hint: "check the owner and mode of the path",
  }],
  ["EPERM", { code: "FILE_REFUSED", seen: "the file system forbids it", hint: "check the owner and mode of the path" }],
  ["EROFS", { code: "FILE_REFUSED", seen: "the file system is read-only" }],
  ["ETXTBSY", { code: "FILE_REFUSED", seen: "the file is a running program" }],
  ["EEXIST", { code: "PATH_CHANGED", seen: "something new stands there", hint: "read it, then try again" }],
  ["ENOSPC", { code: "LIMIT_DISK", seen: "the disk is full", hint: "free some space" }],
  ["EDQUOT", { code: "LIMIT_DISK", seen: "the quota is used up", hint: "free some space" }],
  ["EFBIG", { code: "LIMIT_DISK", seen: "the file is too large for its file system" }],
  ["EMFILE", { code: "FILE_REFUSED", seen: "too many files are open", hint: "raise the limit with ulimit -n" }],
  ["ENFILE", { code: "FILE_REFUSED", seen: "too many files are open on this machine" }],
  ["ESTALE", { code: "PATH_CHANGED", seen: "the file system lost it" }],
]);

/**
 * Tells the `errno` name of a failure.
 *
 * @param error Anything thrown.
 * @returns E.g. `ENOENT`, or an empty text.
 */
export function errnoOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/**
 * Turns a failure of the file system into one of this folder.
 *
 * @param error Anything thrown.
 * @param action `Cannot <action>`, with the path.
 * @returns A coded error; `SANDBOX_FAILED` for what is not known.
 */
export function toSandboxError(error: unknown, action: string): SandboxError {
  if (error instanceof SandboxError) return error;
  const name = errnoOf(error);
  const meaning = MEANINGS.get(name);
  if (meaning === undefined) {
    const seen = name === "" ? (error instanceof Error ? error.message : "an unknown failure") : name;
    return new SandboxError("SANDBOX_FAILED", `${action}: ${seen}`, { cause: error });
  }
  return new SandboxError(meaning.code, `${action}: ${meaning.seen}`, { hint: meaning.hint, cause: error });
}

/**
 * Runs a step on the file system.
 *
 * @param action `Cannot <action>`, with the path.
 * @param step What may fail.
 * @returns What the step gave.
 * @throws {SandboxError} The coded form of its failure.
 */
export function fileStep<T>(action: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw toSandboxError(error, action);
  }
}
