import { join } from "node:path";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { bundleChanges } from "./bundle-changes.ts";
import { collectChanges } from "./collect.ts";
import { createStagedRun } from "./create-staged-run.ts";
import { type MaskedIndex, unmarkMasked } from "./mask-index.ts";
import type { ProcessSpec, ProcessValue } from "./process-spec.ts";
import type { StagedInput } from "./command-input.ts";
import { notesOn } from "./run-notes.ts";
import { failureText, type OnceResult } from "./run-once.ts";

/** A command that came to an end. */
export interface Finished extends StagedInput {
  /** Indexes of git in which masked files are marked. */
  readonly marked: readonly MaskedIndex[];
}

/**
 * Makes what a run gave: its output, and what it changed on the stage.
 *
 * @param deps Clock, timers, host facts.
 * @param input The command.
 * @param result How it ended; its supervisor is still alive.
 * @throws {SandboxError} `SANDBOX_FAILED`, `NOT_FOUND` or `TIER_UNAVAILABLE` when the command did not start.
 */
export async function valueOf(deps: SandboxDeps, input: Finished, result: OnceResult): Promise<ProcessValue> {
  const { exitCode } = result.status;
  const base = {
    exit: exitCode,
    ended: result.ended,
    output: result.output,
    truncated: result.truncated,
    changes: [],
    dropped: [],
    notes: [],
    stage: null,
  };
  if (result.ended !== null) return { ...base, exit: null };
  if (exitCode === null) throw brokenRun(input.spec, result);
  const { staging } = input.ground;
  const unstaged = staging.ok ? null : staging.reason;
  const { spec, staged } = input;
  const notes = notesOn({ spec, staged, unstaged, output: result.output, exitCode, uid: deps.facts.uid });
  return input.staged ? { ...base, notes, ...await changesOf(deps, input, result) } : { ...base, notes };
}

// Only an exit status means that the command ran to its end.
function brokenRun(spec: ProcessSpec, result: OnceResult): SandboxError {
  const said = failureText(result);
  if (spec.skill !== undefined && /^(?:unshare|mount|setup): /.test(said)) {
    return new SandboxError(
      "TIER_UNAVAILABLE",
      `Cannot run script: it cannot be kept from starting other programs here: ${said}`,
      {
        hint: "see agentzero doctor",
      },
    );
  }
  if (/^bwrap: execvp .*: No such file or directory$/.test(said)) {
    const program = spec.form.kind === "argv" ? spec.form.program : "the shell";
    return new SandboxError("NOT_FOUND", `Cannot run command: ${program} does not exist inside the sandbox`, {
      hint: "add its tool chain to sandbox.paths in your config.yml",
    });
  }
  if (spec.form.kind === "argv" && /^bwrap: execvp .*: Permission denied$/.test(said)) {
    return new SandboxError("FILE_REFUSED", `Cannot run command: ${spec.form.program} is not executable`, {
      hint: "make it executable (chmod +x), or name its interpreter before it, e.g. sh FILE",
    });
  }
  return new SandboxError("SANDBOX_FAILED", `Cannot run command: ${said}`, { hint: "see agentzero doctor" });
}

async function changesOf(
  deps: SandboxDeps,
  input: Finished,
  result: OnceResult,
): Promise<Pick<ProcessValue, "changes" | "dropped" | "stage">> {
  const { spec, stage } = input;
  const unreadable = unmarkMasked(stage, input.marked);
  const collected = await collectChanges({
    stage,
    project: spec.project,
    // The supervisor is alive, and with it the namespace that has the merged view.
    merged: `/proc/${result.launched.pid}/root${join(stage.dir, "m")}`,
    covered: [...spec.hidden.files, ...spec.hidden.dirs],
    limits: spec.limits,
    signal: input.io.signal,
  });
  const decided = bundleChanges(
    spec.project,
    collected.changes,
    (relative) => lstatOrNull(join(spec.project, relative)) !== null,
  );
  const dropped = [...unreadable, ...collected.dropped];
  if (decided.length === 0) return { changes: [], dropped, stage: null };
  const run = createStagedRun(deps, {
    closed: () => result.launched.close(),
    stage,
    project: spec.project,
    collected,
    decided,
    profile: input.state.profile,
  });
  return { changes: run.changes, dropped, stage: run };
}
