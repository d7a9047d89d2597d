import { SANDBOX_BOUNDS } from "../limits.ts";

/** Why no command can run in a project. */
export interface MaskProblem {
  /** Stable code. */
  readonly code: "LIMIT_SIZE" | "FILE_REFUSED";
  /** What happened, one sentence. */
  readonly reason: string;
  /** What the reader can do about it. */
  readonly hint: string;
}

/** Paths that a command in the project must not see. */
export interface MaskedPaths {
  /** Real paths of files that policy denies, of their other names, and of every socket, FIFO and device. */
  readonly files: readonly string[];
  /** Real paths of folders that policy denies. */
  readonly dirs: readonly string[];
  /** Why no run can start, e.g. more than 300 masks; `null` when all is well. */
  readonly problem: MaskProblem | null;
}

/** The answer where no run can start. */
export function refused(problem: MaskProblem): MaskedPaths {
  return { files: [], dirs: [], problem };
}

/** A project whose entries take too long to look at before every run. */
export function tooManyEntries(project: string, limit: number): MaskProblem {
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: ${JSON.stringify(project)} has more than ${limit} files`,
    hint: `work in a smaller folder, or raise ${SANDBOX_BOUNDS.walkEntries.key}`,
  };
}

/** More masks than a sandbox can be given; `rules` counts how many each rule made. */
export function tooManyMasks(rules: ReadonlyMap<string, number>, limit: number): MaskProblem {
  const [rule] = [...rules].toSorted(([, a], [, b]) => b - a)[0] ?? ["sockets and devices"];
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: more than ${limit} paths of the project are denied`,
    hint: `rule "${rule}" denies most of them: let it deny a folder instead of many files`,
  };
}
