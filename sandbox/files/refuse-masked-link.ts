import { SandboxError } from "../errors.ts";
import type { OpenFile } from "./open-file.ts";
import { lstatOrNull } from "./stamp.ts";

/**
 * Refuses a file with several names when one of the others is denied by policy.
 *
 * Threat: a hard link, made inside the project, that gives a denied file a second, innocent name.
 *
 * @param file The open file.
 * @param masked Gives the real paths that policy denies, asked for only when the file has more than one name.
 * @throws {SandboxError} `NOT_REGULAR` when the file is one of them.
 */
export function refuseMaskedLink(file: OpenFile, masked: (() => readonly string[]) | undefined): void {
  if (file.stat.nlink <= 1n || masked === undefined) return;
  for (const path of masked()) {
    if (path === file.real) continue;
    const other = lstatOrNull(path);
    if (other !== null && other.dev === file.stat.dev && other.ino === file.stat.ino) {
      throw new SandboxError(
        "NOT_REGULAR",
        `Cannot open ${JSON.stringify(file.real)}: it is another name of a file that policy denies`,
        { hint: "replace the hard link by a copy if its content may be read" },
      );
    }
  }
}
