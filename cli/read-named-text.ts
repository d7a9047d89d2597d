import { realpathSync } from "node:fs";
import { readRegular } from "../skills/mod.ts";
import { CliError } from "./errors.ts";

/** What a named file may be. */
export interface NamedTextRules {
  /** Longer ones are refused. */
  readonly maxBytes: number;
  /** What to do when it is none. */
  readonly hint?: string;
}

/**
 * Reads a text file that a person named on the command line.
 *
 * Threat: a device or FIFO where a file is expected, which never ends; a file that grows while it is read.
 *
 * @param path Absolute path; links are followed.
 * @param what How to call it in a message, e.g. `proof "x.json"`.
 * @param rules How much is read, and what to do when it is none.
 * @returns Its text, UTF-8.
 * @throws {CliError} `NOT_FOUND`, `INPUT_TOO_LARGE`, `INPUT_INVALID`.
 */
export function readNamedText(path: string, what: string, { maxBytes, hint }: NamedTextRules): string {
  const advice = hint === undefined ? {} : { hint };
  const file = readRegular(realPath(path), maxBytes);
  if (file.kind === "missing") throw new CliError("NOT_FOUND", `Cannot read ${what}: there is no such file`, advice);
  if (file.kind === "refused") {
    const code = file.why === "size" ? "INPUT_TOO_LARGE" : "INPUT_INVALID";
    throw new CliError(code, `Cannot read ${what}: ${file.seen}`, advice);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
  } catch (cause) {
    throw new CliError("INPUT_INVALID", `Cannot read ${what}: it is not UTF-8 text`, { ...advice, cause });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Whatever is wrong with it shows when it is opened.
    return path;
  }
}
