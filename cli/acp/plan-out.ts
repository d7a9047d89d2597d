import type { PlanEntry, SessionUpdate } from "@agentclientprotocol/sdk";
import type { CallId, Timers } from "../../core/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";

/** The calls of one reply as a plan: what is to come, what runs, what is done. */
export interface PlanOut {
  /** Begins a plan; the one before it is over. */
  begin(entries: Extract<SessionEvent, { type: "plan" }>["entries"]): void;
  /** Names a call once it is known what it does. */
  name(call: CallId, title: string): void;
  /** Says how far a call is. */
  step(call: CallId, status: PlanEntry["status"]): void;
  /** Sends what has not been sent yet. */
  flush(): void;
}

/** The whole list goes out each time, so it does not go out for each small step. */
const PLAN_MS = 100;

/**
 * Creates the plan of a session.
 *
 * @param send Takes the update.
 * @param timers Starts the delay between two updates.
 * @returns The plan, empty; titles are cleaned by the caller.
 */
export function createPlanOut(send: (update: SessionUpdate) => void, timers: Timers): PlanOut {
  let entries = new Map<CallId, PlanEntry>();
  let stop: (() => void) | null = null;

  function flush(): void {
    if (stop === null) return;
    stop();
    stop = null;
    send({ sessionUpdate: "plan", entries: [...entries.values()].map((entry) => ({ ...entry })) });
  }
  function change(call: CallId, part: Partial<Pick<PlanEntry, "content" | "status">>): void {
    const entry = entries.get(call);
    if (entry === undefined) return;
    entries.set(call, { ...entry, ...part });
    stop ??= timers.after(PLAN_MS, flush);
    // The last word is not kept waiting.
    if ([...entries.values()].every(({ status }) => status === "completed")) flush();
  }
  return {
    begin(given): void {
      flush();
      entries = new Map(
        given.map(({ call, title }) => [call, { content: title, priority: "medium", status: "pending" }]),
      );
      send({ sessionUpdate: "plan", entries: [...entries.values()].map((entry) => ({ ...entry })) });
    },
    name: (call, title) => change(call, { content: title }),
    step: (call, status) => change(call, { status }),
    flush,
  };
}
