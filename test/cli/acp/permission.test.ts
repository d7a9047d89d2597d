import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RequestPermissionRequest, RequestPermissionResponse } from "@agentclientprotocol/sdk";
import { describe, expect, it } from "vitest";
import type { Timers } from "../../../core/mod.ts";
import { choose, type Editor, openEditor, until } from "../../support/acp.ts";
import { recordAt } from "../../support/acp-record.ts";

const WRITE = `
- calls: [{tool: write, args: {path: "hello.txt", content: "hi\\n"}}]
- text: "done"
`;
const TWICE = `${WRITE}- calls: [{tool: write, args: {path: "hello.txt", content: "again\\n"}}]\n- text: "done"\n`;

function withProjectScope(policy: string): string {
  return policy.replace("id: write-project,", "id: write-project, approval: { max_scope: project },");
}

function taking(start: string): (question: RequestPermissionRequest) => RequestPermissionResponse {
  return (question) => {
    const option = question.options.find(({ optionId }) => optionId.startsWith(start));
    return { outcome: { outcome: "selected", optionId: option?.optionId ?? "none" } };
  };
}

function isWritten(editor: Editor): boolean {
  return existsSync(join(editor.project, "hello.txt"));
}

/** The system's timers, but for long waits, which are over at once when asked to. */
function impatient(): { readonly timers: Timers; readonly asked: number[]; expire(): void } {
  const waiting = new Set<() => void>();
  const asked: number[] = [];
  return {
    asked,
    expire: () => [...waiting].forEach((run) => run()),
    timers: {
      after(ms, run) {
        if (ms < 60_000) {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        }
        asked.push(ms);
        waiting.add(run);
        return () => void waiting.delete(run);
      },
    },
  };
}

describe("a question to a client", () => {
  it("offers deny first, then once, then wider answers, and one nonce of 128 bits for this question alone", async () => {
    const editor = await openEditor({ script: TWICE, policy: withProjectScope });
    const session = await editor.open();
    await editor.prompt(session, "one");
    await editor.prompt(session, "two");
    const ids = editor.questions.map(({ options }) => options.map(({ optionId }) => optionId));
    expect(ids[0]?.map((id) => id.replace(/:[0-9a-f]{32}$/, ""))).toEqual([
      "reject:once",
      "allow:once",
      "allow:session",
      "allow:project",
      "reject:always",
    ]);
    const nonces = ids.map((list) => new Set(list.map((id) => id.split(":").at(-1))));
    expect(nonces.map(({ size }) => size)).toEqual([1, 1]);
    expect([...nonces[0] ?? []]).not.toEqual([...nonces[1] ?? []]);
    expect(editor.questions[0]?.options.map(({ kind }) => kind)).toEqual([
      "reject_once",
      "allow_once",
      "allow_always",
      "allow_always",
      "reject_always",
    ]);
    const shown = JSON.stringify(editor.questions[0]?.toolCall);
    for (const fact of ["tier ", "digest b2:", "asks:", "origin", "file_write"]) expect(shown).toContain(fact);
  });

  it("takes no answer to an earlier question", async () => {
    const first: string[] = [];
    const editor = await openEditor({
      script: TWICE,
      answer(question) {
        const own = question.options.find(({ kind }) => kind === "allow_once")?.optionId ?? "";
        first.push(own);
        if (first.length === 1) return choose(question, "reject_once");
        return { outcome: { outcome: "selected", optionId: first[0] ?? "" } };
      },
    });
    const session = await editor.open();
    await editor.prompt(session, "one");
    await editor.prompt(session, "two");
    expect(first).toHaveLength(2);
    expect(isWritten(editor)).toBe(false);
  });

  it("takes nothing that is no answer at all", async () => {
    const odd = [{}, { outcome: null }, { outcome: { outcome: "selected" } }, { outcome: "allow" }, null, []];
    for (const each of odd) {
      const editor = await openEditor({ script: WRITE, answer: () => each as RequestPermissionResponse });
      expect(await editor.prompt(await editor.open(), "write")).toBe("end_turn");
      expect(isWritten(editor)).toBe(false);
    }
  });

  it("is a no after five minutes of silence, and the call says so", async () => {
    const time = impatient();
    const editor = await openEditor({ script: WRITE, timers: time.timers, answer: () => new Promise(() => {}) });
    const session = await editor.open();
    const turn = editor.prompt(session, "write");
    await until(() => editor.questions.length === 1);
    expect(time.asked.every((ms) => ms <= 300_000)).toBe(true);
    time.expire();
    expect(await turn).toBe("end_turn");
    expect(isWritten(editor)).toBe(false);
    expect(JSON.stringify(editor.updates)).toContain("nobody answered in time");
    const events = await recordAt(editor, session);
    expect(events.find(({ event }) => event === "approval")).toBeDefined();
  });

  it("is a no when the client is gone", async () => {
    const editor = await openEditor({ script: WRITE, answer: () => new Promise(() => {}) });
    const session = await editor.open();
    const turn = editor.prompt(session, "write").catch(() => "gone");
    await until(() => editor.questions.length === 1);
    await editor.close();
    expect(await turn).toBe("gone");
    expect(isWritten(editor)).toBe(false);
    expect((await recordAt(editor, session)).at(-1)?.event).toBe("session.end");
  });

  it("is remembered as it was answered: once, in this session, in this project, never", async () => {
    const questions: Record<string, readonly number[]> = {};
    for (const start of ["allow:once:", "allow:session:", "allow:project:", "reject:always:"]) {
      const first = await openEditor({ script: TWICE, policy: withProjectScope, answer: taking(start) });
      const session = await first.open();
      await first.prompt(session, "one");
      await first.prompt(session, "two");
      await first.close();
      const second = await openEditor({ script: WRITE, beside: first });
      await second.prompt(await second.open(), "three");
      questions[start] = [first.questions.length, second.questions.length];
      expect(isWritten(first)).toBe(start !== "reject:always:");
      await second.close();
    }
    expect(questions).toEqual({
      "allow:once:": [2, 1],
      "allow:session:": [1, 1],
      "allow:project:": [1, 0],
      "reject:always:": [1, 0],
    });
  });

  it("is not asked for two sessions at once by mistake: each answer counts where it was asked", async () => {
    const editor = await openEditor({
      script: WRITE,
      answer: (question) => choose(question, question.sessionId === held.yes ? "allow_once" : "reject_once"),
    });
    const held = { yes: "" };
    const [one, two] = [await editor.open(), await editor.open()];
    held.yes = two;
    await Promise.all([editor.prompt(one, "write"), editor.prompt(two, "write")]);
    function last(session: string): unknown {
      return editor.updates.filter((each) => each.session === session)
        .findLast(({ update }) => update.sessionUpdate === "tool_call_update")?.update;
    }
    expect(last(one)).toMatchObject({ status: "failed" });
    expect(last(two)).toMatchObject({ status: "completed" });
  });
});
