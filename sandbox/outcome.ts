import { AgentZeroError, type Digest, type Notice, type Outcome, type Permit, type RunIo } from "../core/mod.ts";
import type { IsolationTier } from "../core/mod.ts";
import type { SandboxDeps } from "./deps.ts";
import { SandboxError, type SandboxErrorCode } from "./errors.ts";
import { toSandboxError } from "./files/file-error.ts";
import { specDigest } from "./spec.ts";

/** What one run is bound to. */
export interface RunFrame {
  readonly tier: IsolationTier;
  readonly profile: Digest;
  /** What an unexpected failure is called, e.g. `Cannot read file`. */
  readonly action: string;
}

/** What a body may set while it runs. */
export interface RunState {
  /** `true` once something may have had an effect. */
  started: boolean;
  outputBytes: number;
  memoryBytes: number | null;
  profile: Digest;
  readonly notices: Notice[];
}

/**
 * Runs one body behind its permit and turns every way out into an outcome.
 *
 * @param deps Clock.
 * @param frame Tier, profile, wording.
 * @param body What runs once the permit was spent; may throw.
 * @returns Never throws; `started: false` means that nothing happened.
 */
export async function runFramed<Value>(
  deps: Pick<SandboxDeps, "clock">,
  frame: RunFrame & { readonly permit: Permit; readonly spec: object; readonly io: RunIo },
  body: (state: RunState) => Promise<Value> | Value,
): Promise<Outcome<Value>> {
  const begun = deps.clock.mono();
  const state: RunState = { started: false, outputBytes: 0, memoryBytes: null, profile: frame.profile, notices: [] };
  try {
    // Threat: a spec that is not what was decided, or a permit made by hand. Nothing else comes before this line.
    frame.io.permits.spend(frame.permit, specDigest(frame.spec), frame.tier);
  } catch (cause) {
    const error = cause instanceof AgentZeroError
      ? cause
      : new SandboxError("PERMIT_INVALID", `${frame.action}: its permit was refused`, { cause });
    return { ...outcomeFacts(deps, state, begun), ...failure(error) };
  }
  try {
    if (frame.io.signal.aborted) throw cancelled(frame.action);
    const value = await body(state);
    return { ...outcomeFacts(deps, state, begun), ok: true, value };
  } catch (cause) {
    const error = cause instanceof AgentZeroError ? cause : toSandboxError(cause, frame.action);
    return { ...outcomeFacts(deps, state, begun), ...failure(error) };
  }
}

/** The failure of a run that was taken back. */
export function cancelled(action: string): SandboxError {
  return new SandboxError("CANCELLED", `${action}: it was cancelled`);
}

/** A refusal, for code that reads as a list of checks. */
export function refuse(code: SandboxErrorCode, message: string, hint?: string): never {
  throw new SandboxError(code, message, hint === undefined ? {} : { hint });
}

function outcomeFacts(
  deps: Pick<SandboxDeps, "clock">,
  state: RunState,
  begun: number,
): Pick<Outcome<never>, "started" | "ms" | "profile" | "usage" | "notices"> {
  return {
    started: state.started,
    ms: Math.max(0, Math.round(deps.clock.mono() - begun)),
    profile: state.profile,
    usage: { outputBytes: state.outputBytes, memoryBytes: state.memoryBytes },
    notices: state.notices,
  };
}

function failure(
  error: AgentZeroError,
): { readonly ok: false; readonly code: string; readonly reason: string; readonly hint: string | null } {
  return { ok: false, code: error.code, reason: error.message, hint: error.hint ?? null };
}
