import type { Authorized } from "./authorize.ts";
import type { CallFailure, Proposal } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import type { RecordSubject } from "./record-events.ts";
import type { Plan, Tool } from "./tools/tool.ts";

/** One call on its way through the gate, from the recorded decision on. */
export interface Passage {
  readonly deps: GateDeps;
  readonly proposal: Proposal;
  readonly tool: Pick<Tool, "trust">;
  readonly plan: Plan;
  readonly subject: RecordSubject;
  readonly authorized: Authorized;
  readonly startMs: number;
}

/** The call was stopped before it could start. */
export const CANCELLED: CallFailure = { code: "CANCELLED", message: "Cannot run: the call was cancelled", hint: null };

/**
 * Milliseconds since the call was proposed.
 *
 * @param passage The call.
 * @returns Whole milliseconds.
 */
export function elapsed(passage: Passage): number {
  return Math.max(0, Math.round(passage.deps.clock.mono() - passage.startMs));
}
