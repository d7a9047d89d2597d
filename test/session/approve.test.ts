import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, ApprovalRequest, Approver } from "../../core/mod.ts";
import { parseDigest } from "../../core/mod.ts";
import { createQuestionDesk } from "../../session/approve.ts";

const DIGEST = parseDigest(`b2:${"0".repeat(64)}`);
const OTHER = parseDigest(`b2:${"1".repeat(64)}`);

interface Desk {
  readonly desk: ReturnType<typeof createQuestionDesk>;
  readonly elapse: (ms: number) => void;
}

function deskFor(ask: Approver["ask"]): Desk {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const clock = { now: () => now, mono: () => now };
  return {
    desk: createQuestionDesk({ channel: "terminal", ask }, {
      clock,
      timers: {
        after(ms, run) {
          const timer = { at: now + ms, run };
          timers.push(timer);
          return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
        },
      },
    }),
    elapse(ms): void {
      now += ms;
      for (const timer of timers.slice()) if (timer.at <= now) timer.run();
    },
  };
}

function request(): ApprovalRequest {
  const made: unknown = { digest: DIGEST, scopes: ["once", "session"], timeoutMs: 1000 };
  return made as ApprovalRequest;
}

const quiet = new AbortController().signal;

describe("createQuestionDesk()", () => {
  it("passes on a yes for what was on the screen", async () => {
    const { desk } = deskFor(() => Promise.resolve({ kind: "allowed", scope: "once", subject: DIGEST, only: null }));
    expect(await desk.ask(request(), quiet)).toMatchObject({ kind: "allowed", scope: "once" });
  });

  it.each<[string, ApprovalAnswer]>([
    ["a yes for another digest", { kind: "allowed", scope: "once", subject: OTHER, only: null }],
    ["a scope that was not offered", { kind: "allowed", scope: "project", subject: DIGEST, only: null }],
  ])("refuses %s", async (_, answer) => {
    const { desk } = deskFor(() => Promise.resolve(answer));
    expect(await desk.ask(request(), quiet)).toMatchObject({ kind: "refused", why: "changed" });
  });

  it("refuses when the channel breaks", async () => {
    const { desk } = deskFor(() => Promise.reject(new Error("terminal gone")));
    expect(await desk.ask(request(), quiet)).toMatchObject({ kind: "refused", why: "broken" });
  });

  it("refuses when nobody answers in time, although the approver never returns", async () => {
    const { desk, elapse } = deskFor(() => new Promise(() => undefined));
    const asked = desk.ask(request(), quiet);
    await Promise.resolve();
    await Promise.resolve();
    elapse(1001);
    expect(await asked).toMatchObject({ kind: "refused", why: "timeout" });
  });

  it("refuses when the turn is cancelled, and asks nothing after that", async () => {
    let questions = 0;
    const { desk } = deskFor(() => {
      questions++;
      return new Promise(() => undefined);
    });
    const cancel = new AbortController();
    const asked = desk.ask(request(), cancel.signal);
    await Promise.resolve();
    await Promise.resolve();
    cancel.abort();
    expect(await asked).toMatchObject({ kind: "refused", why: "cancelled" });
    expect(await desk.ask(request(), cancel.signal)).toMatchObject({ kind: "refused", why: "cancelled" });
    expect(questions).toBe(1);
  });

  it("asks one question at a time", async () => {
    let open = 0;
    let most = 0;
    const { desk } = deskFor(async () => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return { kind: "refused", why: "no", message: null };
    });
    await Promise.all([desk.ask(request(), quiet), desk.ask(request(), quiet), desk.ask(request(), quiet)]);
    expect(most).toBe(1);
  });

  it("stops asking after twenty questions in a minute and asks again later", async () => {
    const { desk, elapse } = deskFor(() => Promise.resolve({ kind: "refused", why: "no", message: null }));
    for (let i = 0; i < 20; i++) await desk.ask(request(), quiet);
    expect(await desk.ask(request(), quiet)).toMatchObject({ why: "rate" });
    elapse(60_001);
    expect(await desk.ask(request(), quiet)).toMatchObject({ why: "no" });
  });
});
