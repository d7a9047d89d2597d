import { describe, expect, it } from "vitest";
import { createNobody } from "../../../../cli/approvers.ts";
import { createPlainScreen } from "../../../../cli/commands/chat/plain-screen.ts";
import type { CommandContext, Terminal } from "../../../../cli/context.ts";
import type { Key } from "../../../../cli/term/key.ts";
import type { SessionEvent } from "../../../../session/mod.ts";
import { contextIn } from "../../../support/context.ts";
import { createHandTimers } from "../../../support/hand-timers.ts";

const CALL = "call_01K9ZZZZZZZZZZZZZZZZZZZZZZ" as Extract<SessionEvent, { type: "tool_call" }>["call"];
const TOOL_CALL: SessionEvent = {
  type: "tool_call",
  call: CALL,
  tool: "shell",
  args: {},
  tainted: false,
  title: "shell npm test",
};

function plain() {
  const printed: string[] = [];
  const keys: ((key: Key) => void)[] = [];
  const timers = createHandTimers();
  const base = contextIn("/nowhere/project", "/nowhere/home");
  let now = 0;
  const context: CommandContext = {
    ...base,
    output: {
      ...base.output,
      note: (text) => void printed.push(`${text}\n`),
      partial: (text) => void printed.push(text),
    },
    system: { ...base.system, timers, clock: { ...base.system.clock, mono: () => now } },
  };
  const terminal: Terminal = {
    line: () => Promise.resolve("typed"),
    hidden: () => Promise.resolve(null),
    confirm: () => Promise.resolve(false),
    approver: createNobody(),
    keyboard: {
      capture(sink) {
        keys.push((key) => sink.onKey(key));
        return () => void keys.pop();
      },
    },
    write: (text) => void printed.push(text),
    columns: () => 80,
    rows: () => 24,
    onResize: () => () => undefined,
  };
  const screen = createPlainScreen(context, terminal);
  return { screen, printed, timers, keys, later: (ms: number) => void (now += ms) };
}

describe("createPlainScreen()", () => {
  it("says every half minute that a call still runs, in whole lines, and stops when it has ended", async () => {
    const { screen, printed, timers, later } = plain();
    screen.take({ type: "text", text: "let me see", trust: "model" });
    screen.take(TOOL_CALL);
    later(30_000);
    await timers.fire(30_000);
    later(30_000);
    await timers.fire(30_000);
    expect(printed.join("")).toBe(
      "let me see\n> shell npm test\nshell npm test  30 s\nshell npm test  60 s\n",
    );
    screen.take({
      type: "result",
      ok: true,
      stop: "end",
      text: "",
      turns: 1,
      calls: 1,
      denied: 0,
      exit: 0,
      usage: { input: 1, output: 1 },
      audit: { file: "f" },
    });
    expect(timers.pending).toEqual([]);
  });

  it("says as well that a model still thinks, before its first word and after a call", async () => {
    const { screen, printed, timers, later } = plain();
    const ended = Promise.withResolvers<void>();
    const ran = screen.during({ cancel: () => undefined, work: () => ended.promise });
    later(30_000);
    await timers.fire(30_000);
    screen.take({ type: "text", text: "so\n", trust: "model" });
    expect(printed.join("")).toBe("thinking  30 s\nso\n");
    expect(timers.pending).toEqual([]);
    ended.resolve();
    await ran;
  });

  it("stops what runs with Ctrl+C and Escape, and ends an unfinished line", async () => {
    for (const key of [{ kind: "key", name: "char:c", ctrl: true }, { kind: "key", name: "escape", ctrl: false }]) {
      const { screen, printed, keys } = plain();
      const stopped = Promise.withResolvers<void>();
      const ran = screen.during({
        cancel: () => stopped.resolve(),
        work: async () => {
          screen.take({ type: "text", text: "a story", trust: "model" });
          keys.at(-1)?.({ alt: false, shift: false, ...key } as Key);
          await stopped.promise;
        },
      });
      // oxlint-disable-next-line no-await-in-loop -- one key after the other
      await ran;
      expect([printed.join(""), keys]).toEqual(["a story\n", []]);
    }
  });
});
