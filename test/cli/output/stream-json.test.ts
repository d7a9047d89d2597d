import { describe, expect, it } from "vitest";
import { createEventStream, resultObject } from "../../../cli/output/stream-json.ts";
import { jsonLine } from "../../../cli/output/json.ts";
import type { CallResult, SessionEvent } from "../../../session/mod.ts";
import { golden } from "../../support/golden.ts";

const SESSION = "ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ" as CallResult["session"];
const CALL = "call_01K9ZZZZZZZZZZZZZZZZZZZZZZ" as CallResult["call"];
const RESULT: CallResult = {
  v: 1,
  session: SESSION,
  call: CALL,
  tool: "read",
  tier: "host-readonly",
  decision: "allow",
  rule: "read-project",
  layer: "project",
  reason: 'rule: "read-project" allows it',
  approved: null,
  ok: true,
  output: "naïve\u001b[2J\n",
  error: null,
  trust: "file",
  truncated: false,
  redactions: [{ class: "secret", count: 1 }],
  audit: { file: ".agentzero/audit/ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ.jsonl", intent: 2, result: 3 },
  ms: 12,
};
const EVENTS: readonly SessionEvent[] = [
  {
    type: "init",
    version: "0.0.0",
    cwd: "/home/me/shop",
    provider: "script",
    model: "script",
    locality: "builtin",
    mode: "ask",
    policy: { digest: "b2:00", layers: ["project"] },
    tools: ["read"],
    limits: { turns: 50 },
  },
  { type: "thought", text: "not streamed" },
  { type: "text", text: "Reading.", trust: "model" },
  { type: "tool_call", call: CALL, tool: "read", args: { path: "a" }, tainted: false, title: "Read a" },
  {
    type: "decision",
    call: CALL,
    decision: "allow",
    rule: "read-project",
    layer: "project",
    reason: "rule: r",
    tier: "host-readonly",
    approved: null,
  },
  { type: "notice", level: "info", code: "X", text: "not streamed" },
  { type: "tool_result", ...RESULT },
  { type: "usage", input: 1, output: 2, context: { used: 3, size: 100 } },
  { type: "error", code: "PROVIDER_BUSY", message: "Cannot ask", hint: null },
  {
    type: "result",
    ok: true,
    stop: "end",
    text: "Done.",
    turns: 1,
    calls: 1,
    denied: 0,
    exit: 0,
    usage: { input: 1, output: 2 },
    audit: { file: "f" },
  },
];

describe("createEventStream()", () => {
  it("writes exactly the bytes of the golden file", () => {
    const stream = createEventStream();
    const lines = EVENTS.flatMap((event) => stream.line(event, SESSION) ?? []);
    const last = lines.at(-1);
    if (last !== undefined) lines.push({ ...last, ...resultObject(last, [RESULT], null) });
    const text = lines.map((line) => jsonLine(line, false)).join("");
    expect(text).toBe(golden("stream.jsonl", text));
  });

  it("says the same on a terminal, with nothing that it would act on", () => {
    const line = createEventStream().line({ type: "tool_result", ...RESULT }, SESSION);
    const shown = jsonLine(line, true);
    expect(JSON.parse(shown)).toEqual(JSON.parse(jsonLine(line, false)));
    expect(jsonLine({ text: "\u009b2J\u202e" }, true)).toBe('{"text":"\\u009b2J\\u202e"}\n');
  });
});
