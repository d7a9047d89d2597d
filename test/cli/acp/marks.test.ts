import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMarks } from "../../../cli/acp/marks.ts";
import { openEditor } from "../../support/acp.ts";
import { recordAt } from "../../support/acp-record.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const META = { traceparent: `00-${TRACE}-${SPAN}-01`, "agentzero/correlation": "ticket 42", other: "dropped" };

describe("ids of a client's own", () => {
  it("are a well-formed traceparent and printable ASCII, nothing else", () => {
    expect(readMarks({ _meta: META })).toEqual({ trace_id: TRACE, span_id: SPAN, correlation: "ticket 42" });
    const bad = [
      `00-${TRACE}-${SPAN}`,
      `01-${TRACE}-${SPAN}-01`,
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01\n`,
      7,
    ];
    for (const traceparent of bad) expect(readMarks({ _meta: { traceparent } })).toEqual({});
    for (const correlation of ["", "x".repeat(65), "é", "a\u001b", 7, null]) {
      expect(readMarks({ _meta: { "agentzero/correlation": correlation } })).toEqual({});
    }
  });

  it("never fail, whatever stands there", () => {
    expect(() =>
      fc.assert(
        fc.property(fc.anything(), (meta) => {
          readMarks({ _meta: meta });
          readMarks(meta);
        }),
        { seed: 7 },
      )
    ).not.toThrow();
  });

  it("stand in the record of what happened meanwhile, and are sent nowhere", async () => {
    const editor = await openEditor();
    const { sessionId } = await editor.agent.request("session/new", {
      cwd: editor.project,
      mcpServers: [],
      _meta: { "agentzero/correlation": "opening" },
    });
    await editor.agent.request("session/prompt", {
      sessionId,
      prompt: [{ type: "text", text: "/read README.md" }],
      _meta: META,
    });
    await editor.prompt(sessionId, "/list");
    const events = await recordAt(editor, sessionId);
    expect(events.find(({ event }) => event === "session.start")).toMatchObject({ correlation: "opening" });
    const calls = events.filter(({ event }) => event === "intent" || event === "result");
    expect(calls[0]).toMatchObject({ tool: "read", trace_id: TRACE, span_id: SPAN, correlation: "ticket 42" });
    expect(calls.filter(({ correlation }) => correlation === "ticket 42").length).toBeGreaterThanOrEqual(2);
    expect(calls.at(-1)).not.toMatchObject({ correlation: "ticket 42" });
    expect(JSON.stringify(editor.updates)).not.toMatch(/ticket 42|0af76519|dropped/);
  });
});
