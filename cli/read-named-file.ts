import { readFileSync, statSync } from "node:fs";
import { errorCode } from "../core/mod.ts";
import { CliError } from "./errors.ts";

/**
 * Reads a text file that a person named on the command line.
 *
 * @param path Absolute path; links are followed.
 * @param what How to call it in a message, e.g. `proof "x.json"`.
 * @param rules The most bytes that are read, and what to do when it is none.
 * @returns Its text.
 * @throws {CliError} `NOT_FOUND`, `INPUT_TOO_LARGE`, `INPUT_INVALID`.
 */
export function readNamedFile(
  path: string,
  what: string,
  { maxBytes, hint }: { readonly maxBytes: number; readonly hint?: string },
): string {
  try {
    // A device or FIFO never ends, or never begins.
    const stat = statSync(path);
    if (!stat.isFile()) throw refused("INPUT_INVALID", `Cannot read ${what}: it is not a regular file`, hint);
    if (stat.size > maxBytes) {
      throw refused("INPUT_TOO_LARGE", `Cannot read ${what}: it has more than ${maxBytes} bytes`, hint);
    }
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = errorCode(cause);
    if (code === "ENOENT") throw refused("NOT_FOUND", `Cannot read ${what}: there is no such file`, hint);
    throw refused("INPUT_INVALID", `Cannot read ${what}: ${code}`, hint);
  }
}

function refused(
  code: "NOT_FOUND" | "INPUT_TOO_LARGE" | "INPUT_INVALID",
  message: string,
  hint: string | undefined,
): CliError {
  return new CliError(code, message, hint === undefined ? {} : { hint });
}
