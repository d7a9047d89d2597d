import type { ApprovalRequest } from "../../../../core/mod.ts";
import type { SessionEvent } from "../../../../session/mod.ts";
import type { Entry } from "../journal.ts";
import type { Trace } from "../traces.ts";
import type { World } from "../world.ts";

/** All that is known of a trace once it is over. */
export interface Evidence {
  readonly world: Pick<World, "policy" | "project" | "outside" | "port" | "boundPort">;
  readonly trace: Trace;
  readonly events: readonly SessionEvent[];
  readonly questions: readonly ApprovalRequest[];
  readonly journal: readonly Entry[];
  /** Names below the project that differ. */
  readonly project: readonly string[];
  /** Names beside the project that differ. */
  readonly outside: readonly string[];
  /** What the server got. */
  readonly requests: readonly string[];
  /** What the server got that a value is bound to. */
  readonly boundRequests: readonly string[];
  /** Names below the project that another program wrote while a question was open. */
  readonly meddled: ReadonlySet<string>;
}

/** A finished call as the front door was told of it. */
export type Result = Extract<SessionEvent, { type: "tool_result" }>;

/** Results in order. */
export function resultsOf({ events }: Pick<Evidence, "events">): readonly Result[] {
  return events.filter((event) => event.type === "tool_result");
}

/** Tells whether a question was answered with a yes. */
export function isYes(approved: string | null): boolean {
  return approved === "once" || approved === "session" || approved === "project" || approved === "package";
}
