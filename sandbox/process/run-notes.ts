import { lstatOrNull } from "../files/stamp.ts";
import type { ProcessSpec } from "./process-spec.ts";

/** What is known about a run that ended by itself. */
export interface NotedRun {
  readonly spec: ProcessSpec;
  readonly staged: boolean;
  /** Why nothing could be staged, or `null`. */
  readonly unstaged: string | null;
  readonly output: Uint8Array;
  readonly exitCode: number | null;
  /** Real user id of the agent. */
  readonly uid: number;
}

/**
 * Explains what the sandbox itself made a command say or do.
 *
 * @param run How it ended.
 * @returns Sentences for whoever reads the output; usually none.
 */
export function notesOn(run: NotedRun): readonly string[] {
  const text = new TextDecoder().decode(run.output);
  if (!run.staged && /Read-only file system|EROFS/.test(text)) {
    const why = run.unstaged === null ? "this call asked for it" : `staging is not available here: ${run.unstaged}`;
    return [`The project is read-only for commands (${why}); use write and edit instead.`];
  }
  if (run.staged && /Value too large for defined data type|EOVERFLOW/.test(text)) {
    return ["Files whose owner or group is not your own are read-only for commands."];
  }
  if (/Permission denied|EACCES/.test(text) && run.uid === 0 && lstatOrNull(run.spec.project)?.uid !== 0n) {
    return [
      "Commands have no power over files of other users, also when the agent is root: run it as the owner of the project.",
    ];
  }
  // SIGSYS: only the filter sends it, to programs of another architecture.
  if (run.exitCode === 159) {
    return ["The system call filter ended it: programs of another architecture do not run here."];
  }
  return [];
}
