import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionUpdate } from "@agentclientprotocol/sdk";
import { describe, expect, it } from "vitest";
import { NOTHING } from "../../../cli/acp/capabilities.ts";
import { createClean } from "../../../cli/acp/clean.ts";
import { createUpdatesOut, type UpdatesOut } from "../../../cli/acp/updates-out.ts";
import { type CallId, isId } from "../../../core/mod.ts";
import type { CallResult, SessionEvent } from "../../../session/mod.ts";
import { createHandTimers, type HandTimers } from "../../support/hand-timers.ts";
import { tempDir } from "../../support/temp-dir.ts";

const SECRET = "fake-token-fake-token";
const ESC = "\u001b[31mred\u001b[0m";

interface Rig {
  readonly out: UpdatesOut;
  readonly sent: readonly SessionUpdate[];
  readonly log: readonly string[];
  readonly timers: HandTimers;
  readonly project: string;
  readonly of: (kind: string) => readonly Record<string, unknown>[];
  readonly sleep: (ms: number) => void;
}

function rig(can: Partial<typeof NOTHING> = {}): Rig {
  const sent: SessionUpdate[] = [];
  const log: string[] = [];
  const timers = createHandTimers();
  const project = tempDir();
  let now = 0;
  let id = 0;
  const out = createUpdatesOut({
    send(update): Promise<void> {
      sent.push(update);
      return Promise.resolve();
    },
    can: { ...NOTHING, ...can },
    clean: createClean({
      mask: (text) => ({ text: text.replaceAll(SECRET, "[masked]"), redactions: [] }),
    }),
    timers,
    now: () => now,
    project,
    newId: () => `m${++id}`,
    log: (text) => void log.push(text),
  });
  return {
    out,
    sent,
    log,
    timers,
    project,
    of: (kind) => sent.filter(({ sessionUpdate }) => sessionUpdate === kind).map((update) => ({ ...update })),
    sleep: (ms) => void (now += ms),
  };
}

function callId(n: number): CallId {
  const id = `call_01JD000000000000000000000${n}`;
  if (!isId("call", id)) throw new Error("no id");
  return id;
}

function proposed(n: number, args: unknown, tool = "read"): SessionEvent {
  return { type: "tool_call", call: callId(n), tool, args, tainted: false, title: `Read ${n}` };
}

function decided(n: number): SessionEvent {
  return {
    type: "decision",
    call: callId(n),
    decision: "allow",
    rule: "r",
    layer: "project",
    reason: "",
    tier: "host-readonly",
    approved: null,
  };
}

function ended(n: number, more: Partial<CallResult> = {}): SessionEvent {
  const result = {
    v: 1,
    session: "ses_x",
    call: callId(n),
    tool: "read",
    tier: "host-readonly",
    decision: "allow",
    rule: "r",
    layer: "project",
    reason: "",
    approved: null,
    ok: true,
    output: "text",
    error: null,
    trust: "file",
    truncated: false,
    redactions: [],
    audit: { file: "", intent: 1, result: 2 },
    ms: 1,
    ...more,
  };
  return { type: "tool_result", ...result } as unknown as SessionEvent;
}

describe("updates of a session", () => {
  it("sends the first words at once and then at most 30 parts a second, as one message, and no other call starts it anew", async () => {
    const { out, of, timers, sleep } = rig();
    for (const word of ["a", "b", "c"]) out.take({ type: "text", text: word, trust: "model" });
    await out.flushed();
    expect(of("agent_message_chunk").map(({ content }) => Object(content)["text"])).toEqual(["a", "bc"]);
    expect(timers.asked).toEqual([34]);
    sleep(1_000);
    for (let n = 0; n < 1_000; n++) {
      sleep(1);
      out.take({ type: "text", text: "x", trust: "model" });
      if (timers.pending.length > 0 && n % 34 === 33) await timers.fire(timers.pending[0] ?? 0);
    }
    await out.flushed();
    expect(of("agent_message_chunk").length).toBeLessThanOrEqual(2 + 32);
  });

  it("keeps a plan whole: names, what runs, what is done; not at every step", async () => {
    const { out, of, timers } = rig();
    out.take({
      type: "plan",
      entries: [{ call: callId(1), title: "read" }, { call: callId(2), title: `read ${ESC}` }],
    });
    out.take(proposed(1, { path: "a" }));
    out.take(decided(1));
    await timers.fire(100);
    out.take(ended(1));
    out.take(proposed(2, { path: "b" }));
    out.take(decided(2));
    out.take(ended(2));
    await out.flushed();
    const plans = of("plan").map(({ entries }) => entries);
    expect(plans[0]).toEqual([
      { content: "read", priority: "medium", status: "pending" },
      { content: expect.not.stringContaining("\u001b"), priority: "medium", status: "pending" },
    ]);
    expect(plans[1]).toMatchObject([{ content: "Read 1", status: "in_progress" }, { status: "pending" }]);
    expect(plans.at(-1)).toMatchObject([{ status: "completed" }, { content: "Read 2", status: "completed" }]);
    expect(plans.length).toBeLessThanOrEqual(4);
  });

  it.for(
    [
      ["neither", {}, [], 1],
      ["notices", { notices: true }, ["notice", "notice", "notice"], 0],
      ["compaction", { compaction: true }, ["compaction_update"], 1],
      ["both", { notices: true, compaction: true }, ["notice", "notice", "compaction_update"], 0],
    ] as const,
  )("sends what a client advertised and nothing else: %s", async ([, can, kinds, chunks]) => {
    const { out, sent, log, of } = rig(can);
    out.take({ type: "notice", level: "info", code: "X", text: `info ${SECRET} ${ESC}` });
    out.take({ type: "notice", level: "warning", code: "X", text: `warning ${SECRET} ${ESC}` });
    out.take({ type: "compaction", before: 9, after: 3 });
    await out.flushed();
    expect(sent.map(({ sessionUpdate }) => sessionUpdate).filter((kind) => kind !== "agent_message_chunk"))
      .toEqual(kinds);
    expect(of("agent_message_chunk")).toHaveLength(chunks);
    expect(log.length).toBe("notices" in can ? 0 : "compaction" in can ? 1 : 2);
    expect(JSON.stringify([sent, log])).not.toMatch(/fake-token|\\u001b/);
  });

  it("replaces output at most four times a second with its last 8 KiB, without escape sequences, in a fence", async () => {
    const { out, of, timers } = rig();
    out.take(proposed(1, { command: "x" }, "shell"));
    out.take(decided(1));
    for (let n = 0; n < 500; n++) {
      out.take({ type: "tool_output", call: callId(1), stream: "stdout", text: `${"y".repeat(50)} ${ESC}\n` });
    }
    await timers.fire(250);
    await out.flushed();
    const [, shown] = of("tool_call_update");
    const text = JSON.stringify(shown?.["content"]);
    expect(timers.asked.filter((ms) => ms === 250)).toHaveLength(1);
    expect(text.length).toBeLessThan(9_000);
    expect(text).not.toContain("[31m");
    expect(text).toContain("```");
  });

  it("lets no text of a file be drawn as Markdown", async () => {
    const { out, of } = rig();
    out.take(proposed(1, { path: "a" }));
    out.take(decided(1));
    out.take(ended(1, { output: "````\n![x](https://example.test/?q=1)\n# Approved\n" }));
    await out.flushed();
    const [content] = Object(of("tool_call_update").at(-1)?.["content"]);
    const lines = Object(content).content.text.split("\n");
    expect(lines[0]).toBe("`````");
    expect(lines.at(-1)).toBe("`````");
  });

  it("names real paths inside the project only, and none that an editor could not show", async () => {
    const { out, of, project } = rig();
    mkdirSync(join(project, "src"));
    writeFileSync(join(project, "src/a.ts"), "");
    symlinkSync("/etc/hostname", join(project, "out"));
    symlinkSync(join(project, "src/a.ts"), join(project, "in"));
    symlinkSync(join(project, "nowhere"), join(project, "dangling"));
    const paths = ["in", "out", "../x", "/etc/hostname", "dangling", "a\0b", "", `n${ESC}`, `${SECRET}.txt`, "..x"];
    for (const [at, path] of paths.entries()) {
      out.take(proposed(at, { path }, at === 0 ? "read" : `tool ${ESC} ${SECRET}`));
      out.take(decided(at));
    }
    await out.flushed();
    const calls = of("tool_call");
    expect(calls.map(({ locations }) => locations)).toEqual([
      [{ path: join(project, "src/a.ts") }],
      ...Array.from({ length: 8 }, () => []),
      [{ path: join(project, "..x") }],
    ]);
    expect(JSON.stringify(calls)).not.toMatch(/fake-token|\\u001b/);
  });

  it("shows differences with paths and texts that are masked and visible", async () => {
    const { out, of, project } = rig();
    out.take(proposed(1, {}, "write"));
    out.take(decided(1));
    const change = { before: SECRET, after: `${SECRET}2 ${ESC}`, kind: "modify", bytes: 1, runsLater: false } as const;
    out.take({
      type: "changes",
      call: callId(1),
      changes: [{ ...change, path: `a${ESC}${SECRET}` }, { ...change, path: "../b" }, { ...change, path: "/c" }],
    });
    out.take(ended(1));
    await out.flushed();
    const update = of("tool_call_update").at(-1);
    expect(update?.["locations"]).toEqual([]);
    expect(update?.["content"]).toMatchObject([
      { type: "diff", path: expect.stringMatching(new RegExp(`^${project}/a.*u\\{1b\\}`)) },
      { type: "diff" },
      { type: "diff", path: "/c" },
      {},
    ]);
    expect(JSON.stringify(update)).not.toMatch(/fake-token|\\u001b/);
  });

  it("shows sides above 256 KiB as a difference in text, and binary ones by size", async () => {
    const { out, of } = rig();
    out.take(proposed(1, {}, "write"));
    const big = "line\n".repeat(60_000);
    out.take({
      type: "changes",
      call: callId(1),
      changes: [
        { path: "big", kind: "modify", before: big, after: `${big}more\n`, bytes: big.length, runsLater: true },
        { path: "bin", kind: "modify", before: null, after: null, bytes: 12, runsLater: false },
      ],
    });
    out.take(ended(1));
    await out.flushed();
    const content = JSON.stringify(of("tool_call_update").at(-1)?.["content"]);
    expect(content).not.toContain('"diff"');
    expect(content).toContain("+more");
    expect(content).toContain("RUNS LATER");
    expect(content).toContain("modify bin, 12 bytes");
  });

  it("ends nothing when the client is gone", async () => {
    const out = createUpdatesOut({
      send: () => Promise.reject(new Error("closed")),
      can: NOTHING,
      clean: createClean({ mask: () => ({ text: "" } as never) }),
      timers: createHandTimers(),
      now: () => 0,
      project: "/x",
      newId: () => "m",
      log: () => undefined,
    });
    out.take({ type: "text", text: "a", trust: "model" });
    await out.flushed();
    out.take(ended(1));
    await expect(out.flushed()).resolves.toBeUndefined();
  });
});
