import type { SessionUpdate } from "@agentclientprotocol/sdk";
import type { CallId, Timers } from "../../core/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import { type CallsOut, createCallsOut } from "./calls-out.ts";
import type { ClientCan } from "./capabilities.ts";
import type { Clean } from "./clean.ts";
import { createPlanOut, type PlanOut } from "./plan-out.ts";
import { createTextOut, type TextOut } from "./text-out.ts";

/** What updates go out through. */
export interface UpdatesDeps {
  /** Sends one update; ordered by the caller, may reject when the client is gone. */
  readonly send: (update: SessionUpdate) => Promise<void>;
  readonly can: ClientCan;
  readonly clean: Clean;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Real path of the session's root. */
  readonly project: string;
  /** A fresh id for the text of one reply. */
  readonly newId: () => string;
  /** One line for the log of the editor. */
  readonly log: (text: string) => void;
}

/** Turns events of the engine into updates of the protocol, in order. */
export interface UpdatesOut {
  /** Takes an event; never throws. */
  take(event: SessionEvent): void;
  /** Sends an update of the front door's own. */
  send(update: SessionUpdate): void;
  /** Says something to the person as text of a reply. */
  say(text: string): void;
  /** Tells the client of a call that is about to be asked about. */
  announce(call: CallId): void;
  /** Resolves when everything taken so far was handed to the client, or the client is gone. */
  flushed(): Promise<void>;
}

/**
 * Creates the updates of one session.
 *
 * @param deps Where they go.
 * @returns The updates.
 */
export function createUpdatesOut(deps: UpdatesDeps): UpdatesOut {
  return new Updates(deps);
}

class Updates implements UpdatesOut {
  readonly #deps: UpdatesDeps;
  readonly #text: TextOut;
  readonly #calls: CallsOut;
  readonly #plan: PlanOut;
  #tail: Promise<void> = Promise.resolve();

  constructor(deps: UpdatesDeps) {
    this.#deps = deps;
    const ways = { ...deps, send: (update: SessionUpdate) => this.send(update) };
    this.#text = createTextOut(ways);
    this.#calls = createCallsOut(ways);
    this.#plan = createPlanOut(ways.send, deps.timers);
  }

  take(event: SessionEvent): void {
    if (event.type === "text") return this.#text.add("agent_message_chunk", event.text);
    if (event.type === "thought") return this.#text.add("agent_thought_chunk", event.text);
    // What was written so far leaves before anything else.
    this.#text.flush();
    this.#takeOther(event);
  }

  say(text: string): void {
    this.#text.flush();
    this.#text.add("agent_message_chunk", text.endsWith("\n") ? text : `${text}\n`);
    this.#text.flush();
  }

  send(update: SessionUpdate): void {
    // Ordered: the next one goes out when this one did. A client that is gone ends nothing in here.
    this.#tail = this.#tail.then(() => this.#deps.send(update)).catch(() => undefined);
  }

  announce(call: CallId): void {
    this.#text.flush();
    this.#calls.announce(call);
  }

  async flushed(): Promise<void> {
    this.#text.flush();
    this.#plan.flush();
    await this.#tail;
  }

  #takeOther(event: Exclude<SessionEvent, { type: "text" | "thought" }>): void {
    const { clean, can } = this.#deps;
    switch (event.type) {
      case "tool_call":
        this.#calls.open(event);
        return this.#plan.name(event.call, clean.title(event.title));
      case "decision":
        return this.#takeDecision(event);
      case "tool_output":
        return this.#calls.output(event.call, event.text);
      case "changes":
        return this.#calls.change(event.call, event.changes);
      case "tool_result":
        this.#calls.announce(event.call);
        this.#plan.step(event.call, "completed");
        return this.#calls.end(event);
      case "plan":
        return this.#plan.begin(event.entries.map(({ call, title }) => ({ call, title: clean.title(title) })));
      case "usage":
        return this.send({ sessionUpdate: "usage_update", used: event.context.used, size: event.context.size });
      case "notice":
        return this.#notice(event.level, event.text);
      case "compaction":
        if (can.compaction) {
          return this.send({
            sessionUpdate: "compaction_update",
            compactionId: this.#deps.newId(),
            status: "completed",
          });
        }
        return this.#notice("info", `the context was shortened from ${event.before} to ${event.after} tokens`);
      case "error":
        return this.#notice("warning", `${event.message}${event.hint === null ? "" : ` (${event.hint})`}`);
      case "init":
      case "result":
        return;
      default:
        event satisfies never;
    }
  }

  #takeDecision(event: Extract<SessionEvent, { type: "decision" }>): void {
    this.#calls.announce(event.call);
    const refused = event.decision === "deny" || event.approved === "no" || event.approved === "never" ||
      event.approved === "nobody";
    if (refused) return;
    this.#plan.step(event.call, "in_progress");
    this.#calls.run(event.call);
  }

  #notice(level: "info" | "warning", text: string): void {
    const { can, clean, log } = this.#deps;
    if (can.notices) {
      return this.send({ sessionUpdate: "notice", severity: level, title: clean.line(text, 400) });
    }
    if (level === "warning") return this.say(`Note: ${text}`);
    log(clean.line(text, 400));
  }
}
