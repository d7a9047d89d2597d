import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { choose, type Editor, openEditor, until } from "../../support/acp.ts";

const WRITE = `
- text: "I will write"
  calls: [{tool: write, args: {path: "hello.txt", content: "hi\\n"}}]
- text: "done"
`;

function updatesOf(editor: Editor, kind: string): readonly Record<string, unknown>[] {
  return editor.updates.filter(({ update }) => update.sessionUpdate === kind).map(({ update }) => ({ ...update }));
}

function allow(scope: string): (question: Parameters<typeof choose>[0]) => ReturnType<typeof choose> {
  return (question) => {
    const option = question.options.find(({ optionId }) => optionId.startsWith(`allow:${scope}:`));
    return { outcome: { outcome: "selected", optionId: option?.optionId ?? "" } };
  };
}

describe("a session of an editor", () => {
  it("answers with modes and options, then tells its commands", async () => {
    const editor = await openEditor();
    const answer = await editor.agent.request("session/new", { cwd: editor.project, mcpServers: [] });
    expect(answer.sessionId).toMatch(/^ses_/);
    expect(answer.modes?.currentModeId).toBe("ask");
    expect(answer.configOptions?.map(({ id }) => id)).toEqual(["mode", "model"]);
    await until(() => updatesOf(editor, "available_commands_update").length === 1);
  });

  it("reads without a question, and shows the call from pending to completed", async () => {
    const editor = await openEditor({ script: '- calls: [{tool: read, args: {path: README.md}}]\n- text: "read"\n' });
    const session = await editor.open();
    expect(await editor.prompt(session, "read it")).toBe("end_turn");
    expect(editor.questions).toEqual([]);
    expect(updatesOf(editor, "tool_call")).toMatchObject([
      {
        title: "Read README.md",
        kind: "read",
        status: "pending",
        locations: [{ path: join(editor.project, "README.md") }],
      },
    ]);
    expect(updatesOf(editor, "tool_call_update").map(({ status }) => status)).toEqual(["in_progress", "completed"]);
    expect(editor.said()).toBe("read");
    expect(JSON.stringify(editor.updates)).not.toContain("rawInput");
  });

  it("asks before it writes, with the difference, and writes after a yes", async () => {
    const editor = await openEditor({ script: WRITE, answer: (question) => choose(question, "allow_once") });
    const session = await editor.open();
    expect(await editor.prompt(session, "please write")).toBe("end_turn");
    expect(editor.questions).toHaveLength(1);
    const [question] = editor.questions;
    expect(question?.toolCall).toMatchObject({ title: "Write hello.txt", kind: "edit", status: "pending" });
    expect(question?.toolCall.content).toContainEqual({
      type: "diff",
      path: join(editor.project, "hello.txt"),
      oldText: null,
      newText: "hi\n",
    });
    expect(question?.options.map(({ kind }) => kind).slice(0, 2)).toEqual(["reject_once", "allow_once"]);
    expect(question?.options.at(-1)?.kind).toBe("reject_always");
    expect(readFileSync(join(editor.project, "hello.txt"), "utf8")).toBe("hi\n");
    const [, done] = updatesOf(editor, "tool_call_update");
    expect(done).toMatchObject({
      status: "completed",
      locations: [{ path: join(editor.project, "hello.txt"), line: 1 }],
    });
    expect(JSON.stringify(done)).toContain('"type":"diff"');
  });

  it("writes nothing after a no, an unknown answer, an error, or an answer to another question", async () => {
    const answers = [
      (question: Parameters<typeof choose>[0]) => choose(question, "reject_once"),
      () => ({ outcome: { outcome: "cancelled" } } as const),
      () => ({ outcome: { outcome: "selected", optionId: "allow:once:00000000000000000000000000000000" } } as const),
      () => ({ outcome: { outcome: "selected", optionId: "allow:once" } } as const),
      () => Promise.reject(new Error("the editor fell over")),
    ];
    for (const answer of answers) {
      const editor = await openEditor({ script: WRITE, answer });
      const session = await editor.open();
      expect(await editor.prompt(session, "please write")).toBe("end_turn");
      expect(existsSync(join(editor.project, "hello.txt"))).toBe(false);
      expect(updatesOf(editor, "tool_call_update").at(-1)).toMatchObject({ status: "failed" });
    }
  });

  it("keeps a project grant over a restart, and a session grant not", async () => {
    const script = `${WRITE}- calls: [{tool: write, args: {path: "hello.txt", content: "again\\n"}}]\n- text: "done"\n`;
    const first = await openEditor({ script, answer: allow("session") });
    const session = await first.open();
    await first.prompt(session, "one");
    await first.prompt(session, "two");
    expect(first.questions).toHaveLength(1);
    await first.close();
    const second = await openEditor({ script, beside: first });
    await second.prompt(await second.open(), "three");
    expect(second.questions).toHaveLength(1);
  });

  it("says why a call is denied, without a question", async () => {
    const editor = await openEditor({
      files: { ".env": "TOKEN=fake-token-fake-token\n" },
      script: '- calls: [{tool: read, args: {path: .env}}]\n- text: "no"\n',
      answer: (question) => choose(question, "allow_once"),
    });
    const session = await editor.open();
    expect(await editor.prompt(session, "read .env")).toBe("end_turn");
    expect(editor.questions).toEqual([]);
    expect(JSON.stringify(updatesOf(editor, "tool_call_update"))).toContain("Denied by rule no-secret-files");
    expect(JSON.stringify(editor.updates)).not.toContain("fake-token");
  });

  it("asks about what a command changed, and keeps it after a yes", async () => {
    const editor = await openEditor({
      script: '- calls: [{tool: shell, args: {command: "echo new > made.txt"}}]\n- text: "made"\n',
      answer: (question) => choose(question, "allow_once"),
    });
    await editor.prompt(await editor.open(), "make it");
    expect(editor.questions[0]?.toolCall.content).toContainEqual({
      type: "diff",
      path: join(editor.project, "made.txt"),
      oldText: null,
      newText: "new\n",
    });
    expect(readFileSync(join(editor.project, "made.txt"), "utf8")).toBe("new\n");
    expect(JSON.stringify(updatesOf(editor, "tool_call_update").at(-1))).toContain('"type":"diff"');
  });

  it("never calls what the client offers for writing and running, and reads no buffer unless it was configured", async () => {
    const can = { fs: { readTextFile: true, writeTextFile: true }, terminal: true };
    const editor = await openEditor({ script: WRITE, can, answer: (question) => choose(question, "allow_once") });
    const session = await editor.open();
    await editor.agent.request("session/prompt", {
      sessionId: session,
      prompt: [
        { type: "text", text: "write" },
        { type: "resource_link", uri: `file://${editor.project}/README.md`, name: "README.md" },
      ],
    });
    expect(editor.called).toEqual([]);
  });

  it("starts no tool server of the client, says so, and has the refusal on record", async () => {
    const editor = await openEditor();
    const marker = join(editor.home, "started");
    await editor.agent.request("session/new", {
      cwd: editor.project,
      mcpServers: [{
        name: "helper",
        command: "/usr/bin/touch",
        args: [marker],
        env: [{ name: "KEY", value: "fake-env-value" }],
      }],
    });
    await until(() => editor.said().includes('tool server "helper" is not started'));
    expect(existsSync(marker)).toBe(false);
    expect(readdirSync(join(editor.project, ".agentzero/audit")).length).toBeGreaterThan(0);
    expect(JSON.stringify(editor.updates)).not.toContain("fake-env-value");
  });

  it("opens no folder that is too wide, not there, or no folder", async () => {
    const editor = await openEditor();
    symlinkSync("/etc", join(editor.project, "etc"));
    writeFileSync(join(editor.project, "file"), "");
    const folders = ["/", "/etc", "/proc/self", "relative", `${editor.project}/nowhere`, `${editor.project}/file`];
    for (const cwd of [...folders, `${editor.project}/etc`, editor.home, join(editor.home, "keys")]) {
      await expect(editor.agent.request("session/new", { cwd, mcpServers: [] })).rejects.toMatchObject({
        code: -32602,
      });
    }
    await expect(
      editor.agent.request("session/new", { cwd: editor.project, mcpServers: [], additionalDirectories: ["/tmp"] }),
    ).rejects.toMatchObject({ code: -32602 });
  });

  it("mixes no two sessions", async () => {
    const editor = await openEditor();
    const [one, two] = [await editor.open(), await editor.open()];
    await Promise.all([editor.prompt(one, "read README.md"), editor.prompt(two, "list")]);
    function titles(session: string): unknown[] {
      return editor.updates.filter((each) => each.session === session && each.update.sessionUpdate === "tool_call")
        .map(({ update }) => "title" in update ? update.title : null);
    }
    expect(titles(one)).toEqual(["Read README.md"]);
    expect(titles(two)).toEqual(["List ."]);
  });

  it("answers unknown sessions, methods, modes and options with the codes of the protocol", async () => {
    const editor = await openEditor();
    const session = await editor.open();
    const { agent } = editor;
    await expect(editor.prompt("ses_unknown", "hi")).rejects.toMatchObject({ code: -32002 });
    await expect(agent.request("session/set_mode", { sessionId: session, modeId: "yolo" })).rejects.toMatchObject({
      code: -32602,
    });
    await expect(agent.request("session/set_config_option", { sessionId: session, configId: "x", value: "y" })).rejects
      .toMatchObject({ code: -32602 });
    await expect(agent.request("session/set_config_option", { sessionId: session, configId: "model", value: "x/y" }))
      .rejects.toMatchObject({ code: -32602 });
    await expect(agent.request("session/fork", {})).rejects.toMatchObject({ code: -32601 });
    await expect(agent.request("session/list", { cursor: "AAAA" })).rejects.toMatchObject({ code: -32602 });
    await expect(agent.request("authenticate", { methodId: "other" })).rejects.toMatchObject({ code: -32602 });
    expect(await agent.request("authenticate", { methodId: "local" })).toEqual({});
    await expect(
      agent.request("session/prompt", {
        sessionId: session,
        prompt: [{ type: "image", data: "", mimeType: "image/png" }],
      }),
    ).rejects.toMatchObject({ code: -32602 });
  });

  it("lets a client tighten and never loosen beyond what the person configured", async () => {
    const editor = await openEditor({ config: { acp: { mode: "read-only" } }, script: WRITE });
    const session = await editor.open();
    await expect(editor.agent.request("session/set_mode", { sessionId: session, modeId: "ask" })).rejects.toMatchObject(
      {
        code: -32602,
      },
    );
    expect(await editor.prompt(session, "write")).toBe("end_turn");
    expect(editor.questions).toEqual([]);
    expect(existsSync(join(editor.project, "hello.txt"))).toBe(false);
  });

  it("keeps read-only when the session goes on in another process", async () => {
    const first = await openEditor();
    const session = await first.open();
    await first.agent.request("session/set_mode", { sessionId: session, modeId: "read-only" });
    expect(updatesOf(first, "current_mode_update")).toMatchObject([{ currentModeId: "read-only" }]);
    await first.close();
    const second = await openEditor({ beside: first });
    const resumed = await second.agent.request("session/resume", { sessionId: session, cwd: first.project });
    expect(resumed.modes?.currentModeId).toBe("read-only");
  });

  it("replays a conversation in order when it is loaded, and nothing when it is resumed", async () => {
    const first = await openEditor({ script: WRITE, answer: (question) => choose(question, "allow_once") });
    const session = await first.open();
    await first.prompt(session, "please write");
    await first.close();
    const second = await openEditor({ beside: first });
    await second.agent.request("session/load", { sessionId: session, cwd: first.project, mcpServers: [] });
    expect(second.updates.map(({ update }) => update.sessionUpdate).slice(0, 4)).toEqual([
      "user_message_chunk",
      "agent_message_chunk",
      "tool_call",
      "agent_message_chunk",
    ]);
    expect(updatesOf(second, "tool_call")).toMatchObject([{ status: "completed", kind: "edit" }]);
    await second.close();
    const third = await openEditor({ beside: first });
    await third.agent.request("session/resume", { sessionId: session, cwd: first.project });
    await until(() => updatesOf(third, "available_commands_update").length === 1);
    expect(third.said()).toBe("");
    const { sessions } = await third.agent.request("session/list", { cwd: first.project });
    expect(sessions).toMatchObject([{ sessionId: session, cwd: first.project, title: "please write" }]);
    await third.agent.request("session/delete", { sessionId: session });
    expect((await third.agent.request("session/list", { cwd: first.project })).sessions).toEqual([]);
    expect(await third.agent.request("session/delete", { sessionId: session })).toEqual({});
    expect(readdirSync(join(first.project, ".agentzero/audit")).some((name) => name.includes(session))).toBe(true);
    await expect(third.agent.request("session/load", { sessionId: session, cwd: first.project, mcpServers: [] }))
      .rejects
      .toMatchObject({ code: -32002 });
  });

  it("answers its own commands and the person's direct calls without a model", async () => {
    const editor = await openEditor();
    const session = await editor.open();
    for (const command of ["/help", "/policy", "/audit", "/grants", "/tools", "/usage", "/skills"]) {
      expect(await editor.prompt(session, command)).toBe("end_turn");
    }
    expect(editor.said()).toContain("The policy in force");
    expect(await editor.prompt(session, "/read README.md")).toBe("end_turn");
    expect(JSON.stringify(updatesOf(editor, "tool_call_update"))).toContain("# Sample");
  });
});
