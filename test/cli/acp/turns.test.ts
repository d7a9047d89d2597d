import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { choose, type Editor, openEditor, until } from "../../support/acp.ts";
import { openAiEvents, sendEvents, startModelServer } from "../../support/model-server.ts";

const SLOW = `
- calls: [{tool: shell, args: {command: "echo started; sleep 60; echo late > late.txt"}}]
- text: "never"
`;
const WRITE = '- calls: [{tool: write, args: {path: "hello.txt", content: "hi\\n"}}]\n- text: "done"\n';

function updates(editor: Editor, kind: string): readonly Record<string, unknown>[] {
  return editor.updates.filter(({ update }) => update.sessionUpdate === kind).map(({ update }) => ({ ...update }));
}

describe("a turn of an editor", () => {
  it("ends cancelled while a command runs: its call is failed, nothing follows, the session lives on", async () => {
    const editor = await openEditor({ script: SLOW });
    const session = await editor.open();
    const turn = editor.prompt(session, "run it");
    // The end of what came so far may be held back: it could be the start of a value that must not be shown.
    await until(() => JSON.stringify(updates(editor, "tool_call_update")).includes("start"));
    await editor.agent.notify("session/cancel", { sessionId: session });
    expect(await turn).toBe("cancelled");
    expect(updates(editor, "tool_call_update").at(-1)).toMatchObject({ status: "failed" });
    expect(existsSync(join(editor.project, "late.txt"))).toBe(false);
    expect(await editor.prompt(session, "/read README.md")).toBe("end_turn");
  });

  it("ends cancelled while a question is open, and drops the answer that comes later", async () => {
    const late = Promise.withResolvers<ReturnType<typeof choose>>();
    const editor = await openEditor({ script: WRITE, answer: () => late.promise });
    const session = await editor.open();
    const turn = editor.prompt(session, "write");
    await until(() => editor.questions.length === 1);
    await editor.agent.notify("session/cancel", { sessionId: session });
    expect(await turn).toBe("cancelled");
    const [question] = editor.questions;
    if (question !== undefined) late.resolve(choose(question, "allow_once"));
    await editor.prompt(session, "/read README.md");
    expect(existsSync(join(editor.project, "hello.txt"))).toBe(false);
  });

  it("ends cancelled while a model writes; a cancel without a turn does nothing to the next prompt", async () => {
    const server = await startModelServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: "a long story " } }] })}\n\n`);
    });
    onTestFinished(() => server.close());
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    const editor = await openEditor({ config: { model: "lab/m", providers } });
    const session = await editor.open();
    await editor.agent.notify("session/cancel", { sessionId: session });
    const turn = editor.prompt(session, "tell");
    await until(() => editor.said().includes("a long"));
    await editor.agent.notify("session/cancel", { sessionId: session });
    expect(await turn).toBe("cancelled");
  });

  it("runs prompts of one session in order, a few wait, more are refused", async () => {
    const editor = await openEditor({ script: SLOW });
    const session = await editor.open();
    const first = editor.prompt(session, "run it");
    await until(() => updates(editor, "tool_call").length === 1);
    const waiting = Array.from({ length: 4 }, () => editor.prompt(session, "/usage"));
    await expect(editor.prompt(session, "/usage")).rejects.toMatchObject({
      code: -32603,
      data: { code: "SESSION_BUSY" },
    });
    await editor.agent.notify("session/cancel", { sessionId: session });
    expect(await Promise.all([first, ...waiting])).toEqual(Array.from({ length: 5 }, () => "cancelled"));
  });

  it("asks again where a file changed between question and answer", async () => {
    const editor = await openEditor({
      files: { "hello.txt": "old\n" },
      script: WRITE,
      answer(question) {
        writeFileSync(join(editor.project, "hello.txt"), "somebody else's\n");
        return choose(question, "allow_once");
      },
    });
    const session = await editor.open();
    expect(await editor.prompt(session, "write")).toBe("end_turn");
    expect(readFileSync(join(editor.project, "hello.txt"), "utf8")).toBe("somebody else's\n");
    expect(JSON.stringify(updates(editor, "tool_call_update").at(-1))).toContain("changed between");
  });

  it("takes a file of the editor in only as far as policy lets it, and follows no link out", async () => {
    const server = await startModelServer((_, response) => sendEvents(response, openAiEvents({ text: "ok" })));
    onTestFinished(() => server.close());
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    const editor = await openEditor({
      config: { model: "lab/m", providers },
      files: { ".env": "TOKEN=fake-token-fake-token\n", "notes.txt": "disk text\n" },
    });
    symlinkSync("/etc/hostname", join(editor.project, "link.txt"));
    const session = await editor.open();
    const at = `file://${editor.project}`;
    await editor.agent.request("session/prompt", {
      sessionId: session,
      prompt: [
        { type: "text", text: "look" },
        { type: "resource", resource: { uri: `${at}/notes.txt`, text: "BUFFER-OF-NOTES" } },
        { type: "resource", resource: { uri: `${at}/.env`, text: "BUFFER-OF-ENV" } },
        { type: "resource", resource: { uri: `${at}/link.txt`, text: "BUFFER-OF-LINK" } },
        { type: "resource", resource: { uri: `${at}/../outside.txt`, text: "BUFFER-OUTSIDE" } },
        { type: "resource", resource: { uri: "file://otherhost/etc/x", text: "BUFFER-OF-HOST" } },
        { type: "resource_link", uri: `${at}/.env`, name: "env" },
      ],
    });
    const body = server.requests.at(-1)?.body ?? "";
    expect(body).toContain("BUFFER-OF-NOTES");
    expect(body).toContain("<<az-data:");
    for (const hidden of ["BUFFER-OF-ENV", "BUFFER-OF-LINK", "BUFFER-OUTSIDE", "BUFFER-OF-HOST", "fake-token"]) {
      expect(body).not.toContain(hidden);
    }
  });

  it("reads a buffer that the person named, where that was configured, and says that it differs", async () => {
    const server = await startModelServer((_, response) => sendEvents(response, openAiEvents({ text: "ok" })));
    onTestFinished(() => server.close());
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    const editor = await openEditor({
      config: { model: "lab/m", providers, acp: { client_fs: "read" } },
      can: { fs: { readTextFile: true } },
      files: { "notes.txt": "disk text\n" },
      readBuffer: () => "unsaved text\n",
    });
    const session = await editor.open();
    const uri = `file://${editor.project}/notes.txt`;
    await editor.agent.request("session/prompt", {
      sessionId: session,
      prompt: [{ type: "text", text: "look" }, { type: "resource_link", uri, name: "notes.txt" }],
    });
    const body = server.requests.at(-1)?.body ?? "";
    expect(body).toContain("unsaved text");
    expect(body).toContain("differs from the file on the disk");
    expect(editor.called).toEqual(["fs/read_text_file"]);
  });

  it("tells of a provider that is down with a code, and lives on", async () => {
    const providers = { lab: { kind: "openai-compatible", url: "http://127.0.0.1:1/v1" } };
    const editor = await openEditor({ config: { model: "lab/m", providers, models: { "lab/m": {} } } });
    const session = await editor.open();
    await expect(editor.prompt(session, "hi")).rejects.toMatchObject({
      code: -32603,
      data: { code: "PROVIDER_UNREACHABLE" },
    });
    const changed = await editor.agent.request("session/set_config_option", {
      sessionId: session,
      configId: "model",
      value: "builtin",
    });
    expect(changed.configOptions.find(({ id }) => id === "model")).toMatchObject({ currentValue: "builtin" });
    expect(await editor.prompt(session, "read README.md")).toBe("end_turn");
    expect(JSON.stringify(editor.updates)).toContain("# Sample");
  });

  it("refuses a remote model that no rule allows, and keeps the old one", async () => {
    const providers = { far: { kind: "anthropic", url: "https://models.example.test/v1" } };
    const editor = await openEditor({ config: { providers, models: { "far/big": {} } } });
    const session = await editor.open();
    await expect(
      editor.agent.request("session/set_config_option", { sessionId: session, configId: "model", value: "far/big" }),
    ).rejects.toMatchObject({ code: -32602, data: { code: "MODEL_DENIED" } });
    expect(await editor.prompt(session, "read README.md")).toBe("end_turn");
  });

  it("shows output while a command runs, without escape sequences", async () => {
    const editor = await openEditor({
      script:
        '- calls: [{tool: shell, args: {command: "printf \'\\\\033[31mred\\\\033[0m\\\\n\'; sleep 1"}}]\n- text: "ok"\n',
    });
    await editor.prompt(await editor.open(), "run");
    const shown = JSON.stringify(updates(editor, "tool_call_update"));
    expect(shown).toContain("red");
    expect(shown).not.toContain("\\u001b");
    expect(shown).not.toContain("[31m");
  });

  it("opens a folder that is no project on the built-in policy, with a warning", async () => {
    const editor = await openEditor();
    const other = join(editor.home, "../elsewhere");
    const { mkdirSync } = await import("node:fs");
    mkdirSync(other);
    const { sessionId } = await editor.agent.request("session/new", { cwd: other, mcpServers: [] });
    await until(() => editor.said(sessionId).includes("no project here"));
    expect(await editor.prompt(sessionId, "/read x")).toBe("end_turn");
    expect(existsSync(join(other, ".agentzero"))).toBe(false);
  });
});
