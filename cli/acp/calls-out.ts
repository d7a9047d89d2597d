import type { SessionUpdate, ToolCallContent, ToolCallLocation } from "@agentclientprotocol/sdk";
import type { CallId, PreviewChange, Timers } from "../../core/mod.ts";
import { resolvePath } from "../../policy/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import { callRemark } from "./call-remark.ts";
import type { Clean } from "./clean.ts";
import { changeLocations, diffContent, fencedPart, textPart } from "./diff-content.ts";
import { toolKind } from "./tool-kind.ts";

/** What calls are shown through. */
export interface CallsOutDeps {
  readonly send: (update: SessionUpdate) => void;
  readonly clean: Clean;
  readonly timers: Timers;
  /** Real path of the session's root. */
  readonly project: string;
}

/** The tool calls of a session as a client sees them: announced once, then updated until they end. */
export interface CallsOut {
  /** Takes note of a call; the client does not see it yet. */
  open(event: Extract<SessionEvent, { type: "tool_call" }>): void;
  /** Shows a call for the first time; once, and only one that is open. */
  announce(call: CallId): void;
  /** Says that a call runs. */
  run(call: CallId): void;
  /** Adds to the output that is shown while it runs. */
  output(call: CallId, text: string): void;
  /** Adds file changes, which are shown with the result. */
  change(call: CallId, changes: readonly PreviewChange[]): void;
  /** Shows how an announced call ended; nothing is kept of it. */
  end(event: Extract<SessionEvent, { type: "tool_result" }>): void;
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

/** The output of a call that runs is sent at most this often, and only its end. */
const OUTPUT_MS = 250;
const OUTPUT_CHARS = 8 * 1_024;

/**
 * Creates the calls of one session.
 *
 * @param deps Where they go.
 * @returns No calls yet.
 */
export function createCallsOut(deps: CallsOutDeps): CallsOut {
  const { send, clean, timers, project } = deps;
  const calls = new Map<CallId, OpenCall>();

  function announce(call: CallId): void {
    const open = calls.get(call);
    if (open === undefined || open.announced) return;
    open.announced = true;
    const { tool, title, locations } = open;
    send({
      sessionUpdate: "tool_call",
      toolCallId: call,
      name: clean.line(tool, 128),
      title,
      kind: toolKind(tool),
      status: "pending",
      locations,
    });
  }
  return {
    open(event): void {
      calls.set(event.call, {
        tool: event.tool.slice(0, 128),
        title: clean.title(event.title),
        locations: locationsOf(event.args, project, clean),
        announced: false,
        output: "",
        stopOutput: null,
        changes: [],
      });
    },
    announce,
    run(call): void {
      send({ sessionUpdate: "tool_call_update", toolCallId: call, status: "in_progress" });
    },
    output(call, text): void {
      const open = calls.get(call);
      if (open === undefined) return;
      open.output = (open.output + text).slice(-OUTPUT_CHARS);
      open.stopOutput ??= timers.after(OUTPUT_MS, () => {
        open.stopOutput = null;
        send({ sessionUpdate: "tool_call_update", toolCallId: call, content: [fencedPart(open.output, clean)] });
      });
    },
    change(call, changes): void {
      const open = calls.get(call);
      if (open !== undefined) open.changes = [...open.changes, ...changes];
    },
    end(event): void {
      const open = calls.get(event.call);
      open?.stopOutput?.();
      calls.delete(event.call);
      const changes = open?.changes ?? [];
      const content: ToolCallContent[] = [...diffContent(changes, project, clean)];
      if (event.output !== null && event.output !== "") content.push(fencedPart(event.output, clean));
      const remark = callRemark(event);
      if (remark !== "") content.push(isPlain(remark) ? textPart(remark, clean) : fencedPart(remark, clean));
      send({
        sessionUpdate: "tool_call_update",
        toolCallId: event.call,
        status: event.ok ? "completed" : "failed",
        content,
        ...(changes.length === 0 ? {} : { locations: changeLocations(changes, project, clean) }),
      });
    },
  };
}

/** Only real paths inside the project are named. */
function locationsOf(args: unknown, project: string, clean: Clean): ToolCallLocation[] {
  if (typeof args !== "object" || args === null || !("path" in args) || typeof args.path !== "string") return [];
  const real = realPath(args.path, project);
  if (real === null) return [];
  if (real !== project && !real.startsWith(`${project}/`)) return [];
  const path = clean.path(real);
  return path === null ? [] : [{ path }];
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
