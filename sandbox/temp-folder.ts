import { mkdtempSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HostFacts } from "./deps.ts";
import { SandboxError } from "./errors.ts";
import { errnoOf } from "./files/file-error.ts";

/**
 * Makes a folder of our own, of mode 0700, for the time of a run or a canary.
 *
 * @param facts Where temporary files go.
 * @param prefix How its name begins.
 * @param refused What cannot be done without it, e.g. `Cannot use the process sandbox`.
 * @returns Its real path; the caller removes it.
 * @throws {SandboxError} `TIER_UNAVAILABLE` when the folder for temporary files is missing, none, full or not ours to write.
 */
export function makeTempFolder(facts: Pick<HostFacts, "tmp">, prefix: string, refused: string): string {
  try {
    return realpathSync(mkdtempSync(join(facts.tmp, prefix)));
  } catch (cause) {
    const seen = `no folder can be made in "${facts.tmp}" (${errnoOf(cause) || "unknown"})`;
    throw new SandboxError("TIER_UNAVAILABLE", `${refused}: ${seen}`, {
      hint: "make room there, or set TMPDIR to a folder that you can write to",
      cause,
    });
  }
}

/**
 * Looks that the folder for temporary files is one: a process cannot begin in a place that is not there.
 *
 * @param path The folder, as the environment names it.
 * @param refused What cannot be done without it, e.g. `Cannot read component`.
 * @returns Its real path.
 * @throws {SandboxError} `TIER_UNAVAILABLE` when it is missing or no folder.
 */
export function realTempFolder(path: string, refused: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
    throw noFolder(path, refused, "ENOTDIR");
  } catch (cause) {
    if (cause instanceof SandboxError) throw cause;
    throw noFolder(path, refused, errnoOf(cause) || "unknown");
  }
}

function noFolder(path: string, refused: string, seen: string): SandboxError {
  return new SandboxError("TIER_UNAVAILABLE", `${refused}: "${path}" is no folder for temporary files (${seen})`, {
    hint: "set TMPDIR to a folder that you can write to",
  });
}
