import type { SessionUpdate, ToolCallContent, ToolCallLocation } from "@agentclientprotocol/sdk";
import type { CallId, PreviewChange, Timers } from "../../core/mod.ts";
import { resolvePath } from "../../policy/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import type { ClientCan } from "./capabilities.ts";
import type { Clean } from "./clean.ts";
import { changeLocations, diffContent, fencedPart, textPart } from "./diff-content.ts";
import { createPlanOut, type PlanOut } from "./plan-out.ts";
import { toolKind } from "./tool-kind.ts";

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

/** Text is sent at most this often. */
const TEXT_MS = 34;
const OUTPUT_MS = 250;
const OUTPUT_CHARS = 8 * 1_024;

/**
 * Creates the updates of one session.
 *
 * @param deps Where they go.
 * @returns The updates.
 */
export function createUpdatesOut(deps: UpdatesDeps): UpdatesOut {
  return new Updates(deps);
}

interface OpenCall {
  readonly tool: string;
  readonly title: string;
  readonly locations: ToolCallLocation[];
  announced: boolean;
  output: string;
  /** Stops the delay before the next part of its output. */
  stopOutput: (() => void) | null;
  changes: readonly PreviewChange[];
}

class Updates implements UpdatesOut {
  readonly #deps: UpdatesDeps;
  readonly #calls = new Map<CallId, OpenCall>();
  #tail: Promise<void> = Promise.resolve();
  #text: { kind: "agent_message_chunk" | "agent_thought_chunk"; text: string } | null = null;
  #textTimer: (() => void) | null = null;
  #lastText = Number.NEGATIVE_INFINITY;
  #message: string | null = null;
  readonly #plan: PlanOut;

  constructor(deps: UpdatesDeps) {
    this.#deps = deps;
    this.#plan = createPlanOut((update) => this.send(update), deps.timers);
  }

  take(event: SessionEvent): void {
    if (event.type === "text") return this.#addText("agent_message_chunk", event.text);
    if (event.type === "thought") return this.#addText("agent_thought_chunk", event.text);
    this.#flushText();
    this.#takeOther(event);
  }

  say(text: string): void {
    this.#flushText();
    this.#message = null;
    this.#addText("agent_message_chunk", text.endsWith("\n") ? text : `${text}\n`);
    this.#flushText();
    this.#message = null;
  }

  send(update: SessionUpdate): void {
    // Ordered: the next one goes out when this one did. A client that is gone ends nothing in here.
    this.#tail = this.#tail.then(() => this.#deps.send(update)).catch(() => undefined);
  }

  announce(call: CallId): void {
    this.#flushText();
    const open = this.#calls.get(call);
    if (open === undefined || open.announced) return;
    open.announced = true;
    const { tool, title, locations } = open;
    this.send({
      sessionUpdate: "tool_call",
      toolCallId: call,
      name: this.#deps.clean.line(tool, 128),
      title,
      kind: toolKind(tool),
      status: "pending",
      locations,
    });
  }

  async flushed(): Promise<void> {
    this.#flushText();
    this.#plan.flush();
    await this.#tail;
  }

  #addText(kind: "agent_message_chunk" | "agent_thought_chunk", text: string): void {
    if (this.#text !== null && this.#text.kind !== kind) this.#flushText();
    this.#text = { kind, text: (this.#text?.text ?? "") + text };
    const wait = TEXT_MS - (this.#deps.now() - this.#lastText);
    if (wait <= 0) this.#sendText();
    else this.#textTimer ??= this.#deps.timers.after(wait, () => this.#sendText());
  }

  /** What was written so far leaves before anything else; the next text belongs to another reply. */
  #flushText(): void {
    this.#sendText();
    this.#message = null;
  }

  #sendText(): void {
    this.#textTimer?.();
    this.#textTimer = null;
    const waiting = this.#text;
    if (waiting === null) return;
    this.#text = null;
    if (waiting.text === "") return;
    this.#lastText = this.#deps.now();
    this.#message ??= this.#deps.newId();
    this.send({
      sessionUpdate: waiting.kind,
      messageId: this.#message,
      content: { type: "text", text: this.#deps.clean.text(waiting.text) },
    });
  }

  #takeOther(event: Exclude<SessionEvent, { type: "text" | "thought" }>): void {
    const { clean, can } = this.#deps;
    switch (event.type) {
      case "tool_call":
        this.#calls.set(event.call, {
          tool: event.tool.slice(0, 128),
          title: clean.title(event.title),
          locations: this.#locationsOf(event.args),
          announced: false,
          output: "",
          stopOutput: null,
          changes: [],
        });
        return this.#plan.name(event.call, clean.title(event.title));
      case "decision":
        return this.#takeDecision(event);
      case "tool_output":
        return this.#takeOutput(event.call, event.text);
      case "changes": {
        const open = this.#calls.get(event.call);
        if (open !== undefined) open.changes = [...open.changes, ...event.changes];
        return;
      }
      case "tool_result":
        return this.#takeResult(event);
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
    this.announce(event.call);
    const refused = event.decision === "deny" || event.approved === "no" || event.approved === "never" ||
      event.approved === "nobody";
    if (refused) return;
    this.#plan.step(event.call, "in_progress");
    this.send({ sessionUpdate: "tool_call_update", toolCallId: event.call, status: "in_progress" });
  }

  #takeOutput(call: CallId, text: string): void {
    const open = this.#calls.get(call);
    if (open === undefined) return;
    open.output = (open.output + text).slice(-OUTPUT_CHARS);
    open.stopOutput ??= this.#deps.timers.after(OUTPUT_MS, () => {
      open.stopOutput = null;
      this.send({
        sessionUpdate: "tool_call_update",
        toolCallId: call,
        content: [fencedPart(open.output, this.#deps.clean)],
      });
    });
  }

  #takeResult(event: Extract<SessionEvent, { type: "tool_result" }>): void {
    this.announce(event.call);
    const open = this.#calls.get(event.call);
    open?.stopOutput?.();
    this.#plan.step(event.call, "completed");
    this.#calls.delete(event.call);
    const { clean, project } = this.#deps;
    const changes = open?.changes ?? [];
    const content: ToolCallContent[] = [...diffContent(changes, project, clean)];
    if (event.output !== null && event.output !== "") content.push(fencedPart(event.output, clean));
    const remark = remarkOn(event);
    if (remark !== "") content.push(isPlain(remark) ? textPart(remark, clean) : fencedPart(remark, clean));
    this.send({
      sessionUpdate: "tool_call_update",
      toolCallId: event.call,
      status: event.ok ? "completed" : "failed",
      content,
      ...(changes.length === 0 ? {} : { locations: changeLocations(changes, project, clean) }),
    });
  }

  #notice(level: "info" | "warning", text: string): void {
    const { can, clean, log } = this.#deps;
    if (can.notices) {
      return this.send({ sessionUpdate: "notice", severity: level, title: clean.line(text, 400) });
    }
    if (level === "warning") return this.say(`Note: ${text}`);
    log(clean.line(text, 400));
  }

  /** Only real paths inside the project are named. */
  #locationsOf(args: unknown): ToolCallLocation[] {
    if (typeof args !== "object" || args === null || !("path" in args) || typeof args.path !== "string") return [];
    const { project, clean } = this.#deps;
    const real = realPath(args.path, project);
    if (real === null) return [];
    if (real !== project && !real.startsWith(`${project}/`)) return [];
    const path = clean.path(real);
    return path === null ? [] : [{ path }];
  }
}

function realPath(path: string, project: string): string | null {
  try {
    return resolvePath(path, project).real;
  } catch {
    // The call itself says what is wrong with it.
    return null;
  }
}

/** Nothing in it can be drawn as anything but text. */
function isPlain(remark: string): boolean {
  return !/[\n`<]|!\[/.test(remark);
}

/** What is to be said besides the output: what was masked or dropped, why it failed. */
function remarkOn(event: Extract<SessionEvent, { type: "tool_result" }>): string {
  const { error, decision, rule, reason } = event;
  const masked = event.redactions.map(({ class: name, count }) => `${count} ${name}`).join(", ");
  const lines = [
    ...(masked === "" ? [] : [`(masked: ${masked})`]),
    ...(event.changes ?? []).filter((change) => !change.kept && !change.ignored)
      .map((change) => `not kept: ${change.kind} ${change.path} (${change.decision})`),
  ];
  if (error === null) return lines.join("\n");
  if (error.code === "CANCELLED") return [...lines, "Cancelled"].join("\n");
  const why = decision === "deny"
    ? `Denied by ${rule === null ? "default" : `rule ${rule}`}: ${reason}`
    : error.message;
  return [...lines, why, ...(error.hint === null ? [] : [error.hint])].join("\n");
}
