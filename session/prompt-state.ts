import type { CallResult } from "./call.ts";
import type { Repeats } from "./repeats.ts";

/** Counters of one prompt. */
export interface PromptState {
  readonly signal: AbortSignal;
  readonly repeats: Repeats;
  /** Model calls so far; the first is 1. */
  turns: number;
  calls: number;
  denied: number;
  /** Denied calls since the last one that was not. */
  deniedInRow: number;
  /** The same call was made over and over. */
  repeated: boolean;
  /** The record broke: nothing may follow. */
  broken: boolean;
  input: number;
  output: number;
  /** Text of a reply that is still under way, masked; empty between replies. */
  partial: string;
  /** Takes in how a call ended. */
  count(result: CallResult): void;
}

/**
 * Starts counting for one prompt.
 *
 * @param signal Ends the prompt.
 * @param repeats Watch for repeated calls.
 * @returns The counters, all zero.
 */
export function createPromptState(signal: AbortSignal, repeats: Repeats): PromptState {
  return {
    signal,
    repeats,
    turns: 0,
    calls: 0,
    denied: 0,
    deniedInRow: 0,
    repeated: false,
    broken: false,
    input: 0,
    output: 0,
    partial: "",
    count(result): void {
      this.calls++;
      const refused = isRefusal(result);
      if (refused) this.denied++;
      this.deniedInRow = refused ? this.deniedInRow + 1 : 0;
      if (result.error?.code === "AUDIT_UNWRITABLE") this.broken = true;
    },
  };
}

// Refused as a whole, or run with a change that nobody allowed to stay.
function isRefusal({ ok, audit, error }: CallResult): boolean {
  if (ok || error === null) return false;
  return audit.result === null || /^(?:APPROVAL|POLICY)_/u.test(error.code) || error.code === "SECRET_EGRESS";
}
