import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../cli/system/clock.ts";
import type { ApprovalAnswer, ApprovalRequest, Clock } from "../../core/mod.ts";
import { runHere } from "../support/command-line.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { recordOf } from "../support/record.ts";

const HOUR_MS = 3_600_000;

/** A clock somebody sets; what passes goes on passing. */
function setableClock(): Clock & { set(byMs: number): void } {
  let off = 0;
  return { now: () => systemClock.now() + off, mono: () => systemClock.mono(), set: (byMs) => void (off += byMs) };
}

/** Says yes, for the session where that may be said. */
function yes(request: ApprovalRequest): Promise<ApprovalAnswer> {
  const scope = request.scopes.includes("session") ? "session" : "once";
  return Promise.resolve({ kind: "allowed", scope, subject: request.digest, only: null });
}

function read(engine: Engine, path: string): string {
  return readFileSync(join(engine.project, path), "utf8");
}

async function verifies(engine: Pick<Engine, "project" | "home">): Promise<void> {
  const ran = await runHere(["audit", "verify", "--all", "--json"], engine);
  expect([ran.exit, ran.json()]).toMatchObject([0, { ok: true }]);
}

// Threat: time that goes backwards makes answers last longer, order ambiguous, or refuses what a person allowed.
describe("a system clock that is set back an hour in a session", () => {
  it.for([["back", -HOUR_MS], ["forward", HOUR_MS]] as const)(
    "changes neither order nor answers; the record says so and verifies: %s",
    async ([, step]) => {
      const clock = setableClock();
      const engine = await openEngine({ person: yes, clock });
      await engine.call("write", { path: "before.txt", content: "1\n" });
      expect(engine.questions.length).toBe(1);
      clock.set(step);
      // Permits are minted and spent, changes of a command are kept, questions are put and answered.
      const after = [
        await engine.call("read", { path: "before.txt" }),
        await engine.call("shell", { command: "cat before.txt before.txt > twice.txt" }),
        await engine.call("write", { path: "after.txt", content: "2\n" }),
      ];
      expect(after.map(({ ok, error }) => [ok, error])).toEqual(after.map(() => [true, null]));
      expect([read(engine, "twice.txt"), read(engine, "after.txt")]).toEqual(["1\n1\n", "2\n"]);

      const calls = engine.results().map(({ call }) => call);
      expect(calls).toEqual([...new Set(calls)].toSorted());
      expect(after.every(({ ms }) => ms >= 0 && ms < HOUR_MS / 2)).toBe(true);
      const events = await recordOf(engine);
      expect(events.filter(({ event }) => event === "clock.step")).toHaveLength(1);
      await engine.close();
      await verifies(engine);

      // The next session starts "earlier" than the last one ended.
      const next = await openEngine({ beside: engine, person: "yes", clock });
      expect((await next.call("read", { path: "after.txt" })).output).toContain("2");
      await next.close();
      await verifies(engine);
    },
  );

  it("does not end what was answered for the session", async () => {
    const clock = setableClock();
    const engine = await openEngine({
      person: yes,
      clock,
      policy: [
        "version: 2",
        "approval: { max_scope: session, timeout: 5m }",
        "rules:",
        '  - { id: look, effect: allow, capability: file_read, paths: ["${project}/**"] }',
        '  - { id: ask, effect: requires_approval, capability: file_write, paths: ["${project}/**"] }',
        "",
      ].join("\n"),
    });
    expect((await engine.call("write", { path: "a.txt", content: "1" })).ok).toBe(true);
    clock.set(-HOUR_MS);
    expect((await engine.call("write", { path: "a.txt", content: "2" })).ok).toBe(true);
    expect(engine.questions.map(({ scopes }) => scopes.at(-1))).toEqual(["session"]);
    await engine.close();
    await verifies(engine);
  });

  it("loses nothing of a conversation that goes on", async () => {
    const clock = setableClock();
    const script = "- text: first answer\n- text: second answer\n- text: third answer\n";
    const engine = await openEngine({ clock, script });
    await engine.submit("first question");
    clock.set(-HOUR_MS);
    expect((await engine.submit("second question")).ok).toBe(true);
    const { id } = engine.composed.session;
    await engine.close();
    const again = await openEngine({ beside: engine, clock, script, resume: true });
    await again.submit("third question");
    await again.close();
    const shown = await runHere(["session", "show", id], engine);
    expect(shown.exit).toBe(0);
    for (const text of ["first question", "second question", "third question"]) expect(shown.stdout).toContain(text);
    await verifies(engine);
  });
});
