import { describe, expect, it } from "vitest";
import { labelOf, USER_LABEL } from "../../core/mod.ts";
import { createContext, toMessages } from "../../session/context.ts";
import { isId } from "../../core/ids.ts";

const CALL = "call_01ARZ3NDEKTSV4RRFFQ69G5FAV";

describe("createContext()", () => {
  it("starts trusted and is tainted for good by the first untrusted result", () => {
    const context = createContext();
    context.add({ kind: "prompt", text: "read it", data: [] });
    expect(context.label()).toEqual(USER_LABEL);
    if (!isId("call", CALL)) throw new Error("bad id");
    context.add({
      kind: "reply",
      text: "",
      label: USER_LABEL,
      calls: [{
        call: CALL,
        id: "1",
        tool: "read",
        args: { path: "a" },
        status: "ok",
        result: { text: "data", label: labelOf("file", ["internal"], "a"), detected: ["pii"] },
      }],
    });
    context.add({ kind: "prompt", text: "and now?", data: [] });
    expect(context.label().trust).toEqual(["user", "file"]);
    expect(context.label().classes).toEqual(["internal", "private", "pii"]);
    expect(context.declared()).toEqual(["internal", "private"]);
    expect(context.detected()).toEqual(["pii"]);
    expect(context.label().sources).toEqual(["a"]);
  });
});

describe("toMessages()", () => {
  it("puts the person's words first and labelled data behind them in an envelope", async () => {
    const context = createContext();
    context.add({
      kind: "prompt",
      text: "sum up",
      data: [{ text: "from a pipe", label: labelOf("file", [], "stdin"), detected: [] }],
    });
    const envelope = { token: "T", wrap: (text: string) => `[${text}]` };
    const messages = await toMessages(context, envelope, (text) => Promise.resolve(text.toUpperCase()));
    expect(messages).toEqual([{ role: "user", texts: ["SUM UP", "[FROM A PIPE]"] }]);
  });

  it("masks all that a call holds: its name, too, wherever it stands", async () => {
    const context = createContext();
    if (!isId("call", CALL)) throw new Error("bad id");
    context.add({
      kind: "reply",
      text: "as secret says",
      label: USER_LABEL,
      calls: [{
        call: CALL,
        id: "1",
        tool: "secret",
        args: { secret: ["secret"] },
        status: "denied",
        result: { text: "no tool secret", label: labelOf("core"), detected: [] },
      }],
    });
    const envelope = { token: "T", wrap: (text: string) => text };
    const masked = await toMessages(context, envelope, (text) => Promise.resolve(text.replaceAll("secret", "***")));
    expect(JSON.stringify(masked)).toContain("***");
    expect(JSON.stringify(masked)).not.toContain("secret");
  });
});
