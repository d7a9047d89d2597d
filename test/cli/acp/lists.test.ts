import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writerFacts } from "../../../audit/mod.ts";
import { systemClock } from "../../../cli/system/clock.ts";
import { systemRandom } from "../../../cli/system/random.ts";
import { createIds, openKeys, type SessionId } from "../../../core/mod.ts";
import type { ContextItem } from "../../../session/context.ts";
import { openTranscript } from "../../../session/transcript.ts";
import { type Editor, openEditor, until } from "../../support/acp.ts";
import { headerFor, promptItem, replyItem } from "../../support/transcript-home.ts";

const PAIRS = Number(process.env["AZ_SCALE"] ?? "1") > 1 ? 500 : 80;

/** Keeps a conversation of the project, as an earlier session left it; `end` ends its writer. */
async function keep(
  editor: Editor,
  title: string,
  items: (session: SessionId) => readonly ContextItem[] = () => [promptItem(title)],
): Promise<{ readonly session: SessionId; readonly end: () => void }> {
  const { project, home } = editor;
  const keys = await openKeys({ home, random: systemRandom });
  const session = createIds(systemClock, systemRandom).next("ses");
  const { title: _title, ...header } = { ...headerFor(title), cwd: project };
  const kept = openTranscript({ dir: join(project, ".agentzero/sessions"), project, keys }, {
    session,
    resume: false,
    header,
    state: () => ({ script: null, turns: 0, input: 0, output: 0 }),
  }, {
    random: systemRandom,
    clock: systemClock,
    writer: writerFacts({ pid: process.ppid, version: "0.0.0", runtime: "another" }),
    mask: (text) => text,
  });
  for (const item of items(session)) await kept.store(item);
  return { session, end: () => kept.close() };
}

describe("kept sessions", () => {
  it("are listed newest first, 50 a page, and a cursor leads to the rest", async () => {
    const editor = await openEditor();
    for (let n = 0; n < 53; n++) (await keep(editor, `talk ${n}`)).end();
    const cwd = editor.project;
    const first = await editor.agent.request("session/list", { cwd });
    expect(first.sessions).toHaveLength(50);
    expect(first.nextCursor).toEqual(expect.any(String));
    const second = await editor.agent.request("session/list", { cwd, cursor: first.nextCursor ?? "" });
    expect(second.sessions).toHaveLength(3);
    expect(second.nextCursor ?? null).toBeNull();
    const all = [...first.sessions, ...second.sessions];
    expect(new Set(all.map(({ sessionId }) => sessionId)).size).toBe(53);
    const times = all.map(({ updatedAt }) => updatedAt ?? "");
    expect(times).toEqual(times.toSorted().toReversed());
    // Not of a folder that this process has not opened.
    expect((await editor.agent.request("session/list", {})).sessions).toEqual([]);
    for (const cursor of ["", "p50", "cDUx", Buffer.from("p-50").toString("base64url"), "x".repeat(10_000)]) {
      await expect(editor.agent.request("session/list", { cwd, cursor })).rejects.toMatchObject({
        code: -32602,
        data: { code: "CURSOR_INVALID" },
      });
    }
  });

  it("can be deleted once they were listed, without having been opened; the second time is as good", async () => {
    const editor = await openEditor();
    const { session, end } = await keep(editor, "old talk");
    end();
    const { sessions } = await editor.agent.request("session/list", { cwd: editor.project });
    expect(sessions).toMatchObject([{ sessionId: session, title: "old talk" }]);
    for (const id of [session, session, "ses_nothing", "../../x"]) {
      expect(await editor.agent.request("session/delete", { sessionId: id })).toEqual({});
    }
    expect((await editor.agent.request("session/list", { cwd: editor.project })).sessions).toEqual([]);
  });

  it("are busy while another process writes them", async () => {
    const editor = await openEditor();
    const { session, end } = await keep(editor, "open elsewhere");
    const at = { sessionId: session, cwd: editor.project, mcpServers: [] };
    await editor.agent.request("session/list", { cwd: editor.project });
    const busy = { code: -32603, data: { code: "SESSION_BUSY" } };
    await expect(editor.agent.request("session/load", at)).rejects.toMatchObject(busy);
    await expect(editor.agent.request("session/resume", at)).rejects.toMatchObject(busy);
    await expect(editor.agent.request("session/delete", at)).rejects.toMatchObject(busy);
    end();
    await expect(editor.agent.request("session/resume", at)).resolves.toHaveProperty("modes");
  });

  it("belong to their folder, and are unknown without one", async () => {
    const editor = await openEditor();
    const other = join(editor.project, "sub");
    mkdirSync(other);
    const { session, end } = await keep(editor, "here");
    end();
    for (const method of ["session/load", "session/resume"] as const) {
      await expect(editor.agent.request(method, { sessionId: session, cwd: other, mcpServers: [] }))
        .rejects.toMatchObject({ code: -32602 });
      await expect(editor.agent.request(method, { sessionId: "ses_x", cwd: editor.project, mcpServers: [] }))
        .rejects.toMatchObject({ code: -32002 });
    }
    for (const method of ["session/prompt", "session/set_mode", "session/set_config_option"] as const) {
      const params = { sessionId: session, modeId: "ask", configId: "mode", value: "ask", prompt: [] };
      await expect(editor.agent.request(method, params)).rejects.toMatchObject({ code: -32002 });
    }
  });

  it("replay a long conversation in order, before the answer (a thousand items with AZ_SCALE above 1)", async () => {
    const editor = await openEditor();
    const { session, end } = await keep(editor, "long", (id) =>
      Array.from(
        { length: PAIRS },
        (_, n) => [promptItem(`q${n} \u001b[2J`), replyItem(id, `a${n}`, `out ${n}`)],
      ).flat());
    end();
    const cpu = process.cpuUsage();
    await editor.agent.request("session/load", { sessionId: session, cwd: editor.project, mcpServers: [] });
    const spent = process.cpuUsage(cpu);
    const said = editor.updates.flatMap(({ update }) =>
      update.sessionUpdate === "agent_message_chunk" && update.content.type === "text" ? [update.content.text] : []
    );
    expect(said).toEqual(Array.from({ length: PAIRS }, (_, n) => `a${n}`));
    expect(editor.updates.filter(({ update }) => update.sessionUpdate === "tool_call")).toHaveLength(PAIRS);
    expect(JSON.stringify(editor.updates)).not.toContain("\\u001b");
    // Bounded in work, not in time: the machine may be busy.
    expect((spent.user + spent.system) / 1_000).toBeLessThan(5_000);
  });

  it("are gone for everybody once they are closed, and a prompt that comes too late is told so", async () => {
    const editor = await openEditor({
      script: '- calls: [{tool: write, args: {path: "a", content: "x"}}]\n- text: "ok"\n',
      answer: () => new Promise(() => {}),
    });
    const session = await editor.open();
    const turn = editor.prompt(session, "write");
    await until(() => editor.questions.length === 1);
    const closing = editor.agent.request("session/close", { sessionId: session });
    const late = editor.prompt(session, "more").catch((cause: unknown) => Object(cause).code);
    expect(await turn).toBe("cancelled");
    expect(await closing).toEqual({});
    expect(await late).toBe(-32002);
    // The library of the client takes -32002 for success here.
    expect(await editor.agent.request("session/close", { sessionId: session })).toEqual({});
    const resumed = await editor.agent.request("session/resume", { sessionId: session, cwd: editor.project });
    expect(resumed.modes?.currentModeId).toBe("ask");
  });

  it("keep a title that is told once it is known, and never a second one", async () => {
    const editor = await openEditor();
    const session = await editor.open();
    await editor.prompt(session, "/read README.md");
    await editor.prompt(session, "read README.md \u001b[31m");
    await editor.prompt(session, "list");
    const titles = editor.updates.flatMap(({ update }) =>
      update.sessionUpdate === "session_info_update" ? [update.title] : []
    );
    expect(titles).toHaveLength(1);
    expect(titles[0]).toMatch(/^read README\.md /);
    expect(titles[0]).not.toContain("\u001b");
    const { sessions } = await editor.agent.request("session/list", { cwd: editor.project });
    expect(sessions[0]?.title).toMatch(/^read README\.md/);
  });
});
