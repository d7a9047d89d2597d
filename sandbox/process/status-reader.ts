/** What bubblewrap and our supervisor said about a run. */
export interface RunStatus {
  /** Host process id of the sandbox's first process; it leads the group that the command belongs to. */
  readonly childPid: number | null;
  /** Exit status of the command: only this means that it ran to its end. */
  readonly exitCode: number | null;
  /** Everything that was not a status document, e.g. why a mount failed. */
  readonly text: string;
}

/** Reads the status descriptor piece by piece. */
export interface StatusReader {
  push(chunk: Uint8Array): void;
  readonly status: RunStatus;
}

const MAX_TEXT = 4096;

/**
 * Creates a reader of the status descriptor: one JSON document a line.
 *
 * @returns The reader; malformed lines count as text, never as a status.
 */
export function createStatusReader(): StatusReader {
  let [rest, text]: [string, string] = ["", ""];
  let [childPid, exitCode]: [number | null, number | null] = [null, null];
  function take(line: string): void {
    const document = parseObject(line);
    if (document === null) {
      text = `${text}${line}\n`.slice(0, MAX_TEXT);
      return;
    }
    const pid = document.get("child-pid");
    const exit = document.get("exit-code");
    if (isCount(pid) && pid > 1) childPid = pid;
    if (isCount(exit)) exitCode = exit;
  }
  return {
    push(chunk) {
      const lines = (rest + new TextDecoder().decode(chunk)).split("\n");
      rest = (lines.pop() ?? "").slice(0, MAX_TEXT);
      for (const line of lines) take(line);
    },
    get status(): RunStatus {
      return { childPid, exitCode, text: rest === "" ? text : `${text}${rest}` };
    },
  };
}

function parseObject(line: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
