import type { SessionUpdate } from "@agentclientprotocol/sdk";
import type { TranscriptContent, TranscriptRecord } from "../../session/mod.ts";
import type { Clean } from "./clean.ts";
import { fencedPart } from "./diff-content.ts";
import { toolKind } from "./tool-kind.ts";

/**
 * Turns a kept conversation into updates, in order, masked once more.
 *
 * @param content The transcript.
 * @param clean The way out.
 * @param newId A fresh id for the text of one reply.
 * @returns The updates; every call with its final status.
 */
export function replayUpdates(
  content: Pick<TranscriptContent, "records">,
  clean: Clean,
  newId: () => string,
): readonly SessionUpdate[] {
  return content.records.flatMap((record) => recordUpdates(record, clean, newId));
}

function recordUpdates(record: TranscriptRecord, clean: Clean, newId: () => string): readonly SessionUpdate[] {
  if (record.kind !== "item") return [];
  const { item } = record;
  if (item.kind === "prompt") {
    const texts = [item.text, ...item.data.map(({ label }) => `[${label.sources[0] ?? "data"}]`)];
    return texts.filter((text) => text !== "").map((text) => ({
      sessionUpdate: "user_message_chunk",
      content: { type: "text", text: clean.text(text) },
    }));
  }
  const calls = item.calls.map((call): SessionUpdate => ({
    sessionUpdate: "tool_call",
    toolCallId: call.call,
    name: clean.line(call.tool, 128),
    title: clean.title(`${VERBS.get(call.tool) ?? call.tool} ${titleOf(call.args)}`.trim()),
    kind: toolKind(call.tool),
    status: call.status === "ok" ? "completed" : "failed",
    content: [fencedPart(call.result.text, clean)],
  }));
  if (item.text === "") return calls;
  const text = clean.text(item.text);
  return [
    { sessionUpdate: "agent_message_chunk", messageId: newId(), content: { type: "text", text } },
    ...calls,
  ];
}

/** How the titles of calls begin while they run. */
const VERBS: ReadonlyMap<string, string> = new Map([
  ["read", "Read"],
  ["list", "List"],
  ["search", "Search"],
  ["write", "Write"],
  ["edit", "Edit"],
  ["shell", "Run"],
  ["fetch", "Fetch"],
  ["generate_tool", "Register tool"],
  ["use_skill", "Use skill"],
]);

/** The one argument that tells calls apart. */
function titleOf(args: unknown): string {
  if (typeof args !== "object" || args === null) return "";
  for (const key of ["path", "command", "pattern", "url", "name"]) {
    const value: unknown = Object.hasOwn(args, key) ? Object.entries(args).find(([name]) => name === key)?.[1] : null;
    if (typeof value === "string") return value;
  }
  return "";
}
