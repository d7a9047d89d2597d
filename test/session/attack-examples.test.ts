import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, ApprovalRequest } from "../../core/mod.ts";
import { approvalScreen, keyLines, ruleLines } from "../../cli/term/approval-screen.ts";
import { PLAIN } from "../../cli/term/style.ts";
import { DEFAULT_POLICY } from "../../policy/mod.ts";
import { openEngine } from "../support/engine.ts";

const VALUE = "fake-value-0123456789";

function yes(request: ApprovalRequest, scope: "once" | "session"): Promise<ApprovalAnswer> {
  return Promise.resolve({ kind: "allowed", scope, subject: request.digest, only: null });
}

describe("a value in the name of a file", () => {
  it("is masked where it is listed and searched, and nothing is kept under it", async () => {
    const engine = await openEngine({ files: { [`${VALUE}.txt`]: "needle\n" }, person: "yes" });
    engine.composed.redactor.add({
      bytes: new TextEncoder().encode(VALUE),
      handle: "handle://vault/a/b",
      class: "secret",
    });
    expect((await engine.call("list", {})).output).toMatch(/\[SECRET_[A-Z2-7]{8}\]\.txt/u);
    expect((await engine.call("search", { pattern: "needle" })).output).toMatch(/\[SECRET_[A-Z2-7]{8}\]\.txt:1/u);
    const copied = await engine.call("shell", { command: "for f in *.txt; do cp $f new-$f; done" });
    // Such a name is not even asked about: nothing is kept, and what is told of it is masked.
    expect(copied).toMatchObject({
      ok: false,
      exit: 0,
      error: { code: "SECRET_EGRESS" },
      changes: [{ path: expect.stringMatching(/^new-\[SECRET_[A-Z2-7]{8}\]\.txt$/u), kept: false }],
    });
    expect(existsSync(join(engine.project, `new-${VALUE}.txt`))).toBe(false);
    expect(JSON.stringify([engine.questions, engine.events])).not.toContain(VALUE);
  });
});

describe("a value in the path of a write", () => {
  const secret = { bytes: new TextEncoder().encode(VALUE), handle: "handle://vault/a/b", class: "secret" } as const;

  it("is refused before anybody is asked", async () => {
    const engine = await openEngine({ person: "yes" });
    engine.composed.redactor.add(secret);
    const result = await engine.call("write", { path: `${VALUE}.txt`, content: "x" });
    expect([result.ok, result.error?.code, engine.questions.length]).toEqual([false, "SECRET_EGRESS", 0]);
    expect(existsSync(join(engine.project, `${VALUE}.txt`))).toBe(false);
    expect(JSON.stringify([result, engine.events])).not.toContain(VALUE);
  });

  it("is masked in the question, on the screen and in the result, where only the real path has it", async () => {
    const engine = await openEngine({
      files: { [`${VALUE}/old.txt`]: "x\n" },
      person: (request) => yes(request, "once"),
    });
    symlinkSync(VALUE, join(engine.project, "link"));
    engine.composed.redactor.add(secret);
    const result = await engine.call("write", { path: "link/old.txt", content: "y" });
    const [request] = engine.questions;
    if (request === undefined) throw new Error("nobody was asked");
    const view = { columns: 120, details: true, style: PLAIN };
    const screen = [...approvalScreen(request, view), ...keyLines(request, 120), ...ruleLines(request)].join("\n");
    expect(screen).toMatch(/\[SECRET_[A-Z2-7]{8}\]/u);
    expect(JSON.stringify([screen, request, result, engine.events])).not.toContain(VALUE);
  });
});

describe("an answer", () => {
  it("for the session does not cover a command with more appended to it", async () => {
    const engine = await openEngine({
      policy: DEFAULT_POLICY.replace(
        "{ id: shell, effect: allow, capability: shell_command,",
        "{ id: ask-echo, effect: requires_approval, capability: shell_command, argv: [[echo, '*']], approval: { max_scope: session } }\n  - { id: shell, effect: allow, capability: shell_command,",
      ),
      person: (request) =>
        yes(request, request.scopes.includes("session") && engine.questions.length === 1 ? "session" : "once"),
    });
    await engine.call("shell", { command: "echo one" });
    const asked = engine.questions.length;
    expect(asked).toBeGreaterThan(0);
    await engine.call("shell", { command: "echo one" });
    expect(engine.questions).toHaveLength(asked);
    const before = engine.questions.length;
    await engine.call("shell", { command: "echo one; touch owned" });
    expect(engine.questions.length).toBeGreaterThan(before);
  });

  it("that is followed by an abort has no effect", async () => {
    const stop = new AbortController();
    const engine = await openEngine({
      person(request) {
        const answer = yes(request, "once");
        stop.abort();
        return answer;
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "x" }, stop.signal);
    expect(engine.questions).toHaveLength(1);
    expect(result).toMatchObject({ ok: false });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });
});

describe("a script of ten thousand turns", () => {
  it("ends at the limit of turns with 3, whatever it still holds", async () => {
    const turns = Array.from({ length: 10_000 }, (_, n) => ({ calls: [{ tool: "read", args: { path: `m-${n}` } }] }));
    const engine = await openEngine({
      config: { limits: { turns: 5 } },
      script: turns.map((turn) => `- ${JSON.stringify(turn)}\n`).join(""),
    });
    expect(await engine.submit("go")).toMatchObject({ stop: "max_turns", exit: 3, turns: 5, calls: 5 });
    expect(engine.results()).toHaveLength(5);
  });
});
