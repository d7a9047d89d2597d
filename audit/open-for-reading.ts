import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { errorCode } from "../core/mod.ts";
import { AuditError } from "./errors.ts";

/**
 * Opens a file of the record for reading.
 *
 * Threat: a link, a FIFO or a device in its place, which would lead elsewhere or hold up every session for ever.
 *
 * @param path Path of the file.
 * @returns The descriptor of a regular file.
 * @throws {AuditError} `LOG_UNSAFE` for a link or special file, `NOT_FOUND` when there is none.
 */
export function openForReading(path: string): number {
  let fd: number;
  try {
    // NONBLOCK: opening a FIFO must not wait for a writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT") throw new AuditError("NOT_FOUND", `Cannot read "${path}": it does not exist`, { cause });
    const why = code === "ELOOP" || code === "EMLINK" ? "it is a symbolic link" : `opening failed (${code})`;
    throw new AuditError("LOG_UNSAFE", `Cannot read "${path}": ${why}`, { cause });
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new AuditError("LOG_UNSAFE", `Cannot read "${path}": it is not a regular file`);
}
