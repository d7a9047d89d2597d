import { describe, expect, it, test } from "vitest";
import type { ApprovalRequest, Digest, Verdict } from "../../../core/mod.ts";
import { createTerminalApprover } from "../../../cli/term/approve.ts";
import type { KeyListener } from "../../../cli/term/key-source.ts";
import type { Key } from "../../../cli/term/key.ts";
import { PLAIN } from "../../../cli/term/style.ts";
import { createHandTimers } from "../../support/hand-timers.ts";

const DIGEST = `b2:${"91c2".repeat(16)}` as Digest;
const ASK: Verdict = {
  decision: "requires_approval",
  rule: "packages",
  layer: "project",
  reason: "rule: look first",
  obligations: { redact: [], max_bytes: null },
  approval: {
    maxScope: "project",
    timeoutMs: 300_000,
    ttlMs: 1,
    asks: [],
    shape: "npm install left-pad",
  },
  granted: null,
  hint: null,
};

function question(change: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    session: "ses_x" as ApprovalRequest["session"],
    call: "call_x" as ApprovalRequest["call"],
    actor: "model",
    tool: "shell",
    title: "Run npm install left-pad",
    tier: "host-supervised",
    actions: [{
      action: {
        capability: "shell_command",
        target: {
          kind: "command",
          argv: ["npm", "install", "left-pad"],
          text: "npm install left-pad",
          cwd: "/home/me/shop",
          redirects: [],
          secrets: false,
        },
        classes: ["private"],
        tier: "host-supervised",
        tainted: true,
        skill: null,
      },
      verdict: ASK,
    }],
    preview: { kind: "text", text: "npm install left-pad" },
    tainted: true,
    origins: ["README.md"],
    handles: [],
    scopes: ["once", "session", "project"],
    timeoutMs: 300_000,
    digest: DIGEST,
    ...change,
  };
}

function rig(columns = 90): {
  readonly approver: ReturnType<typeof createTerminalApprover>;
  readonly screen: () => string;
  readonly type: (...keys: readonly (Key | string)[]) => void;
  /** Resolves once the question is on the screen. */
  readonly painted: () => Promise<void>;
  readonly quiet: () => Promise<void>;
  readonly listening: () => boolean;
  readonly end: () => void;
} {
  const timers = createHandTimers();
  let screen = "";
  let listener: KeyListener | null = null;
  const painted = Promise.withResolvers<void>();
  const approver = createTerminalApprover({
    timers,
    write: (text) => void (screen += text),
    columns: () => columns,
    style: PLAIN,
    keyboard: {
      capture(next) {
        listener = next;
        painted.resolve();
        return () => void (listener = null);
      },
    },
  });
  return {
    approver,
    screen: () => screen,
    type(...keys): void {
      for (const key of keys) listener?.onKey(typeof key === "string" ? { kind: "text", text: key } : key);
    },
    painted: () => painted.promise,
    quiet: () => timers.fire(400),
    listening: () => listener !== null,
    end: () => listener?.onEnd(),
  };
}

function special(name: string, ctrl = false): Key {
  return { kind: "key", name, ctrl, alt: false, shift: false } as Key;
}

const NEVER = new AbortController().signal;
const ENTER = special("enter");

describe("createTerminalApprover()", () => {
  test.for(
    [
      ["y", "y", { kind: "allowed", scope: "once", subject: DIGEST, only: null }],
      ["s", "s", { kind: "allowed", scope: "session", subject: DIGEST, only: null }],
      ["n", "n", { kind: "refused", why: "no", message: null }],
      ["N", "N", { kind: "refused", why: "never", message: null }],
      ["Enter", ENTER, { kind: "refused", why: "no", message: null }],
      ["Escape", special("escape"), { kind: "refused", why: "no", message: null }],
      ["Ctrl+C", special("char:c", true), { kind: "refused", why: "no", message: null }],
      ["Ctrl+D", special("char:d", true), { kind: "refused", why: "no", message: null }],
    ] as const,
  )("answers %s", async ([, key, answer]) => {
    const { approver, type, quiet, listening } = rig();
    const asked = approver.ask(question(), NEVER);
    await quiet();
    type(key);
    expect(await asked).toEqual(answer);
    expect(listening()).toBe(false);
  });

  it("drops keys typed before the question was painted, and until it has been quiet, and says so", async () => {
    const { approver, type, quiet, painted, screen } = rig();
    const asked = approver.ask(question(), NEVER);
    await painted();
    type("y", ENTER, "y");
    expect(screen()).not.toContain("not counted");
    await quiet();
    expect(screen()).toMatch(/Allow\? \[n\] \(not counted: [^)]+\) $/);
    type("n");
    expect(await asked).toMatchObject({ kind: "refused", why: "no" });
  });

  it("takes several characters at once, and a paste, for no answer", async () => {
    const { approver, type, quiet } = rig();
    const asked = approver.ask(question(), NEVER);
    await quiet();
    type("yy");
    await quiet();
    type({ kind: "paste", text: "y" });
    await quiet();
    type("x", "Y", special("tab"));
    await quiet();
    type(ENTER);
    expect(await asked).toMatchObject({ kind: "refused", why: "no" });
  });

  it("stores for the project only after `yes` was typed in full", async () => {
    for (const [typed, answer] of [["yes", "allowed"], ["y", "refused"], ["", "refused"]] as const) {
      const { approver, type, quiet, screen } = rig();
      const asked = approver.ask(question(), NEVER);
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      await quiet();
      type("p", typed, ENTER);
      // oxlint-disable-next-line no-await-in-loop
      expect((await asked).kind).toBe(answer);
      expect(screen()).toContain("npm install left-pad");
    }
  });

  it("does not offer, and does not take, a scope beyond the rule's", async () => {
    const { approver, type, quiet, screen } = rig();
    const asked = approver.ask(question({ scopes: ["once"] }), NEVER);
    await quiet();
    expect(screen()).not.toContain("this session");
    type("s", "p", "k", "y");
    expect(await asked).toMatchObject({ kind: "allowed", scope: "once" });
  });

  it("sends a reason to the model", async () => {
    const { approver, type, quiet } = rig();
    const asked = approver.ask(question(), NEVER);
    await quiet();
    type("e", "use pn", "p", special("backspace"), "pm", ENTER);
    expect(await asked).toEqual({ kind: "refused", why: "no", message: "use pnpm" });
  });

  it("lets files be chosen one by one, and keeps none by Enter", async () => {
    const changes = ["a.ts", "b.ts", "c.ts"].map((path) => ({
      path,
      kind: "create" as const,
      runsLater: path === "c.ts",
      before: null,
      after: "x\n",
      bytes: 2,
    }));
    const preview = { kind: "changes" as const, summary: "3 changes", changes };
    const { approver, type, quiet, screen } = rig();
    const asked = approver.ask(question({ preview }), NEVER);
    await quiet();
    expect(screen()).toContain("RUNS LATER");
    type("f");
    await quiet();
    type("y");
    await quiet();
    type("n");
    await quiet();
    type(ENTER);
    expect(await asked).toMatchObject({ kind: "allowed", scope: "once", only: ["a.ts"] });
  });

  it("refuses when cancelled, when the terminal goes away, and when the screen breaks", async () => {
    const stop = new AbortController();
    const first = rig();
    const cancelled = first.approver.ask(question(), stop.signal);
    await first.painted();
    stop.abort();
    expect(await cancelled).toMatchObject({ kind: "refused", why: "cancelled" });
    expect(first.listening()).toBe(false);
    expect(await first.approver.ask(question(), stop.signal)).toMatchObject({ kind: "refused" });

    const second = rig();
    const ended = second.approver.ask(question(), NEVER);
    await second.painted();
    second.end();
    expect(await ended).toMatchObject({ kind: "refused", why: "broken" });

    const broken = createTerminalApprover({
      timers: createHandTimers(),
      write: () => {
        throw new Error("EIO");
      },
      columns: () => 80,
      style: PLAIN,
      keyboard: { capture: () => () => {} },
    });
    expect(await broken.ask(question(), NEVER)).toMatchObject({ kind: "refused", why: "broken" });
  });

  it("shows what, where, who, why, origin, classes and digest", async () => {
    const { approver, screen, end, painted } = rig();
    const asked = approver.ask(question(), NEVER);
    await painted();
    end();
    await asked;
    const shown = screen();
    for (
      const part of [
        "the model",
        "npm install left-pad",
        "/home/me/shop",
        "host-supervised",
        "private",
        "tainted",
        'rule "packages" (project)',
        "look first",
        "README.md",
        "b2:91c2",
      ]
    ) expect(shown).toContain(part);
  });

  it("shows the end of a long text, and nothing that a terminal acts on", async () => {
    const text = `${Array.from({ length: 200 }, (_, at) => `line ${at}`).join("\n")}\n\u001b[2J\u202e; rm -rf x`;
    const { approver, screen, end, painted } = rig(60);
    const asked = approver.ask(question({ preview: { kind: "text", text }, origins: ["\u001b]0;x\u0007"] }), NEVER);
    await painted();
    end();
    await asked;
    expect(screen()).toContain("rm -rf x");
    expect(screen()).toContain("more lines");
    expect(screen().replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("shows everything with d, and the rules with ?, then waits again", async () => {
    const text = Array.from({ length: 100 }, (_, at) => `line ${at}`).join("\n");
    const { approver, type, quiet, screen } = rig();
    const asked = approver.ask(question({ preview: { kind: "text", text } }), NEVER);
    await quiet();
    expect(screen()).not.toContain("line 50\n");
    type("d", "y");
    await quiet();
    expect(screen()).toContain("line 50\n");
    type("?");
    await quiet();
    type("y");
    expect(await asked).toMatchObject({ kind: "allowed" });
  });
});
