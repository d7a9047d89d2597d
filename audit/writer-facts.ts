import { readFileSync, readlinkSync } from "node:fs";
import type { WriterFacts } from "./log.ts";

/** How sure we can be that a recorded process is gone. Anything but certainty counts as alive. */
export type Liveness = "alive" | "dead";

/**
 * Describes the running process, so that a later one can tell whether it still lives.
 *
 * @param self Process id, version of the program and runtime, e.g. `node 24.21.0`.
 * @returns The facts; what the system does not tell is empty or 0.
 */
export function writerFacts(
  self: { readonly pid: number; readonly version: string; readonly runtime: string },
): WriterFacts {
  return {
    pid: self.pid,
    ns: readNamespace(),
    boot: readBootId(),
    start: readStartTime(self.pid) ?? 0,
    version: self.version,
    runtime: self.runtime,
  };
}

/**
 * Judges whether the process that wrote a segment or lock still lives.
 *
 * Dead only if the boot id differs, or boot id and PID namespace are the same and no process has that pid and start time.
 *
 * @param other Facts that were recorded.
 * @param own Facts of this process.
 * @returns `alive` whenever it is not certain.
 */
export function liveness(other: WriterFacts, own: WriterFacts): Liveness {
  // Threat: a second writer on a live segment. Where the system has no boot id, nothing is certain.
  if (other.boot === "" || own.boot === "") return "alive";
  if (other.boot !== own.boot) return "dead";
  if (other.ns === "" || other.ns !== own.ns) return "alive";
  const start = readStartTime(other.pid);
  if (start === null) return "dead";
  return start === other.start ? "alive" : "dead";
}

function readBootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

function readNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/**
 * Field 22 of `/proc/PID/stat`; `null` when there is no such process, or only what its parent has not yet collected.
 * The name in field 2 may hold blanks.
 */
function readStartTime(pid: number): number | null {
  const text = readText(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return null;
  const start = Number(fields[19]);
  return text !== "" && Number.isSafeInteger(start) ? start : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
