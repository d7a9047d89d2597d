import { afterEach, describe, expect, it } from "vitest";
import { CANARY_GLUE, CANARY_MODULE } from "../../../sandbox/wasm/canary.ts";
import { openChild } from "../../../sandbox/wasm/child-link.ts";
import { createGuest } from "../../../sandbox/wasm/guest.ts";
import type { GuestJob } from "../../../sandbox/wasm/guest-job.ts";
import type { GuestLink, LinkListener } from "../../../sandbox/wasm/guest-link.ts";
import type { LoadMessage, ReplyMessage, StartMessage, ToGuest } from "../../../sandbox/wasm/guest/messages.ts";
import { METER_NAMES } from "../../../sandbox/wasm/prepare.ts";
import { openThread } from "../../../sandbox/wasm/thread-link.ts";
import { DEFAULT_WASM_LIMITS } from "../../../sandbox/mod.ts";
import { rig } from "../rig.ts";

const at = rig();
const LOAD: LoadMessage = {
  kind: "load",
  glue: CANARY_GLUE,
  modules: [{ name: "canary", module: CANARY_MODULE }],
  names: METER_NAMES,
  wasi: null,
};
const START: StartMessage = {
  kind: "start",
  run: 1,
  script: null,
  input: "look",
  limits: DEFAULT_WASM_LIMITS,
  declared: ["filesystem"],
  seed: "s",
  nowMs: 0,
  clock: false,
  random: false,
};

function jobOf(changed: Partial<GuestJob> = {}): GuestJob {
  return {
    start: START,
    signal: new AbortController().signal,
    host: () => Promise.resolve({ ok: true, value: true }),
    onLog: () => {},
    ...changed,
  };
}

// The program's side: an answer that is not its own.
describe.each(["thread", "child"] as const)("a program in a %s", (where) => {
  let link: GuestLink | null = null;
  afterEach(() => link?.kill());

  function ask(reply: (seq: number) => Partial<ReplyMessage>): Promise<unknown> {
    const opened = where === "thread" ? openThread(at.deps) : openChild(at.deps);
    link = opened;
    return new Promise((resolve) => {
      opened.listen({
        message(message) {
          const { kind, seq = 0, end } = message as { kind: string; seq?: number; end?: unknown };
          if (kind === "loaded") opened.send(START);
          if (kind === "done") resolve(end);
          const base = { kind: "reply", run: 1, seq, ok: true, value: true, pausedMs: 0, stop: null } as const;
          if (kind === "call") opened.answer({ ...base, ...reply(seq) });
        },
        ended: resolve,
      });
      opened.send(LOAD);
    });
  }

  it("takes the answer to its call", async () => {
    expect(await ask(() => ({}))).toMatchObject({ kind: "output" });
  });
  it("traps on an answer to another call", async () => {
    expect(await ask((seq) => ({ seq: seq + 1 }))).toMatchObject({ kind: "failed", code: "WASM_TRAP" });
    expect(await ask((seq) => ({ seq: seq - 1 }))).toMatchObject({ kind: "failed", code: "WASM_TRAP" });
  });
  it("traps on an answer to another run", async () => {
    expect(await ask(() => ({ run: 2 }))).toMatchObject({ kind: "failed", code: "WASM_TRAP" });
  });
});

/** A program that says what the test wants. */
function forged(
  says: (send: (message: unknown) => void, order: ToGuest) => void,
): { readonly link: GuestLink; readonly answers: ReplyMessage[]; killed: boolean } {
  let listener: LinkListener | null = null;
  const answers: ReplyMessage[] = [];
  const state = {
    answers,
    killed: false,
    link: {
      where: "thread",
      listen: (given: LinkListener) => void (listener = given),
      send(order: ToGuest) {
        queueMicrotask(() => says((message) => listener?.message(message), order));
      },
      answer: (message: ReplyMessage) => void answers.push(message),
      stop: () => {},
      hold: () => {},
      kill() {
        state.killed = true;
        return Promise.resolve(true);
      },
    } satisfies GuestLink,
  };
  return state;
}

// Our side: a program that the guest took over.
describe("createGuest()", () => {
  const call = { kind: "call", run: 1, seq: 1, iface: "filesystem", func: "read-file", args: ["a"] };
  const done = {
    kind: "done",
    run: 1,
    end: { kind: "output", text: "1" },
    fuelUsed: 0,
    calls: 0,
    memoryBytes: 0,
    logCut: false,
  };

  it.for(
    [
      ["a call with a number that was had", [call, { ...call, seq: 1 }]],
      ["a call with a number to come", [{ ...call, seq: 2 }]],
      ["a second call before the first was answered", [call, { ...call, seq: 2 }]],
      ["a call of another run", [{ ...call, run: 2 }]],
      ["a call of what was not declared", [{ ...call, iface: "http", func: "fetch" }]],
      ["an end of another run", [{ ...done, run: 2 }]],
      ["a result that is too long", [{ ...done, end: { kind: "output", text: "x".repeat(2_000_000) } }]],
      [
        "more log than it may",
        Array.from({ length: 201 }, () => ({ kind: "log", run: 1, line: { level: "info", message: "" } })),
      ],
      ["no message", ["hello"]],
      ["a code that is not a guest's", [{
        ...done,
        end: { kind: "failed", code: "PERMIT_INVALID", reason: "", hint: null },
      }]],
    ] as const,
  )("ends a program that sends %s", async ([, messages]) => {
    const asked: number[] = [];
    const program = forged((send, order) => {
      if (order.kind === "load") send({ kind: "loaded" });
      else for (const message of messages) send(message);
    });
    const guest = createGuest(at.deps, program.link, Promise.resolve(LOAD));
    const result = await guest.run(jobOf({
      host(one) {
        asked.push(one.seq);
        return new Promise(() => {});
      },
    }));
    expect(result).toMatchObject({ end: { kind: "failed", code: "SANDBOX_FAILED" }, reusable: false });
    expect([program.killed, guest.alive]).toEqual([true, false]);
    expect(asked.length).toBeLessThanOrEqual(1);
  });

  it("gives a late answer to nobody", async () => {
    const stop = new AbortController();
    let answer: (() => void) | null = null;
    const program = forged((send, order) => {
      if (order.kind === "load") send({ kind: "loaded" });
      if (order.kind === "start") send(call);
    });
    const running = createGuest(at.deps, program.link, Promise.resolve(LOAD)).run(jobOf({
      signal: stop.signal,
      host: () =>
        new Promise((resolve) => {
          answer = () => resolve({ ok: true, value: new Uint8Array(1) });
          stop.abort();
        }),
    }));
    expect(await running).toMatchObject({ end: { kind: "failed", code: "CANCELLED" } });
    const late: unknown = answer;
    if (typeof late === "function") late();
    await Promise.resolve();
    expect(program.answers.map(({ ok, stop: why }) => [ok, why])).toEqual([[false, "cancelled"]]);
  });

  it("says when its program ends by itself", async () => {
    const program = forged((send, order) => {
      if (order.kind === "load") send({ kind: "unloadable", reason: "no such thing" });
    });
    const guest = createGuest(at.deps, program.link, Promise.resolve(LOAD));
    const { end } = await guest.run(jobOf());
    expect(end).toMatchObject({ code: "SANDBOX_FAILED", reason: expect.stringContaining("no such thing") });
    expect((await guest.run(jobOf())).end).toMatchObject({ code: "SANDBOX_FAILED" });
  });
});
