import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContentBlock, McpServer } from "@agentclientprotocol/sdk";
import { describe, expect, it, onTestFinished } from "vitest";
import { choose, type Editor, openEditor, until } from "../../support/acp.ts";
import { recordAt } from "../../support/acp-record.ts";
import { runHere } from "../../support/command-line.ts";
import { openAiEvents, sendEvents, startModelServer } from "../../support/model-server.ts";

const VALUE = "fake-vault-value-0123456789";
const ESC = "\u001b[2J\u001b]0;owned\u0007";

function everything(editor: Editor): string {
  return JSON.stringify([editor.updates, editor.questions, editor.log]);
}

function of(editor: Editor, kind: string): readonly Record<string, unknown>[] {
  return editor.updates.filter(({ update }) => update.sessionUpdate === kind).map(({ update }) => ({ ...update }));
}

describe("a hostile model behind an editor", () => {
  it("gets no vault value out: not in a difference, a title, a path, an output, an error, a reply, a log line", async () => {
    const script = `
- text: "I know ${VALUE}"
  calls:
    - {tool: write, args: {path: "${VALUE}.txt", content: "${VALUE}\\n"}}
    - {tool: read, args: {path: "no/${VALUE}"}}
    - {tool: read, args: {path: kept.txt}}
    - {tool: "${VALUE}", args: {}}
    - {tool: shell, args: {command: "echo ${VALUE}; echo ${VALUE} >&2; echo ${VALUE} > made.txt; exit 3"}}
    - {tool: search, args: {pattern: "${VALUE}"}}
- text: "done ${VALUE}"
`;
    const first = await openEditor();
    const set = await runHere(["vault", "set", "demo/token"], { ...first, input: VALUE });
    expect(set.exit).toBe(0);
    await first.close();
    const editor = await openEditor({ beside: first, script, answer: (question) => choose(question, "allow_once") });
    writeFileSync(join(editor.project, "kept.txt"), `before ${VALUE} after\n`);
    const session = await editor.open();
    const stop = await editor.prompt(session, `use ${VALUE}`).catch((cause: unknown) => JSON.stringify(cause));
    await editor.prompt(session, `/read ${VALUE}`);
    for (const bad of [`set ${VALUE}`]) {
      const refused = await editor.agent.request("session/set_mode", { sessionId: session, modeId: bad })
        .catch((cause: unknown) => String(cause));
      expect(refused).not.toContain("allowed");
    }
    const sent = everything(editor) + stop;
    expect(sent).toContain("I know");
    expect(sent).not.toContain(VALUE);
    const { sessions } = await editor.agent.request("session/list", { cwd: editor.project });
    expect(JSON.stringify(sessions)).not.toContain(VALUE);
    await editor.close();
    const again = await openEditor({ beside: first });
    await again.agent.request("session/load", { sessionId: session, cwd: again.project, mcpServers: [] });
    expect(again.said()).toContain("I know");
    expect(everything(again)).not.toContain(VALUE);
  });

  it("moves no cursor and draws no heading: file names, titles, tool names, outputs", async () => {
    const server = await startModelServer((_, response) => {
      const second = server.requests.length > 1;
      const name = `a${ESC}\n# Approved ![x](x.png)`;
      const calls = second ? [] : [
        { name: "write", args: JSON.stringify({ path: `${name}.txt`, content: `x${ESC}\n` }) },
        { name: `tool${ESC}`, args: "{}" },
        { name: "read", args: JSON.stringify({ path: `b${ESC}` }) },
        { name: "read", args: "not json" },
      ];
      return sendEvents(response, openAiEvents({ text: `hello ${ESC}`, calls }));
    });
    onTestFinished(() => server.close());
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    const editor = await openEditor({ config: { model: "lab/m", providers } });
    const session = await editor.open();
    expect(await editor.prompt(session, "go")).toBe("end_turn");
    expect(editor.questions.length).toBeGreaterThan(0);
    expect(everything(editor)).not.toMatch(/(?<!\\)\\u00(?:1b|07)/);
    const texts = of(editor, "tool_call_update")
      .map(({ content }) => String(Object(Object(content)[0])["content"]?.["text"] ?? ""))
      .filter((text) => text.includes("\n"));
    expect(texts.filter((text) => !text.startsWith("```"))).toEqual([]);
    const [call] = of(editor, "tool_call");
    expect(String(call?.["title"])).not.toContain("\n");
    expect(String(call?.["title"])).not.toContain("![");
    expect(String(call?.["title"]).length).toBeLessThanOrEqual(120);
  });

  it("writes nothing outside, whatever the editor allows", async () => {
    const editor = await openEditor({
      script: `
- calls:
    - {tool: write, args: {path: "../out.txt", content: "x"}}
    - {tool: write, args: {path: "link/out.txt", content: "x"}}
    - {tool: write, args: {path: ".agentzero/policy.yml", content: "version: 2"}}
    - {tool: write, args: {path: ".agentzero/config.yml", content: "v: 1"}}
    - {tool: shell, args: {command: "echo x > ../out.txt; echo x > link/out.txt; echo x > .agentzero/policy.yml; exit 0"}}
- text: done
`,
      answer: (question) =>
        choose(question, question.options.some(({ kind }) => kind === "allow_always") ? "allow_always" : "allow_once"),
    });
    const outside = join(editor.project, "../outside");
    mkdirSync(outside);
    symlinkSync(outside, join(editor.project, "link"));
    const policy = readFileSync(join(editor.project, ".agentzero/policy.yml"), "utf8");
    expect(await editor.prompt(await editor.open(), "go")).toBe("end_turn");
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(join(editor.project, "../out.txt"))).toBe(false);
    expect(readFileSync(join(editor.project, ".agentzero/policy.yml"), "utf8")).toBe(policy);
    expect(existsSync(join(editor.project, ".agentzero/config.yml"))).toBe(false);
  });
});

describe("a hostile client", () => {
  it("loosens nothing: no mode, option or value that was not offered, in no shape", async () => {
    const editor = await openEditor({ config: { acp: { mode: "read-only" } } });
    const session = await editor.open();
    for (const modeId of ["ask", "yolo", "", "__proto__", "read-only\0", "READ-ONLY"]) {
      await expect(editor.agent.request("session/set_mode", { sessionId: session, modeId })).rejects
        .toMatchObject({ code: -32602 });
    }
    const values = [
      { configId: "mode", value: "ask" },
      { configId: "mode", value: true, type: "boolean" },
      { configId: "__proto__", value: "ask" },
      { configId: "model", value: "far/model" },
      { configId: "model", value: ["builtin"] },
      { configId: "mode" },
    ];
    for (const each of values) {
      await expect(editor.agent.request("session/set_config_option", { sessionId: session, ...each } as never)).rejects
        .toMatchObject({ code: -32602 });
    }
    const set = await editor.agent.request("session/set_config_option", {
      sessionId: session,
      configId: "mode",
      value: "read-only",
    });
    expect(set.configOptions.map(({ id, type }) => [id, type])).toEqual([["mode", "select"], ["model", "select"]]);
  });

  it("opens no project above what the person allowed", async () => {
    const first = await openEditor({ files: { "sub/x": "" } });
    const allowed = join(first.project, "sub");
    const editor = await openEditor({ beside: first, config: { acp: { cwd_allow: [allowed] } } });
    await expect(editor.agent.request("session/new", { cwd: allowed, mcpServers: [] })).rejects.toMatchObject({
      code: -32602,
      data: { code: "PATH_INVALID" },
    });
  });

  it("stops nothing with pipes, dangling links and addresses that no file has", async () => {
    const editor = await openEditor({
      config: { acp: { client_fs: "read" } },
      can: { fs: { readTextFile: true } },
      readBuffer: () => "from the buffer",
    });
    spawnSync("mkfifo", [join(editor.project, "pipe")]);
    symlinkSync(join(editor.project, "nowhere"), join(editor.project, "dangling"));
    const session = await editor.open();
    const at = `file://${editor.project}`;
    const uris = [
      `${at}/pipe`,
      `${at}/dangling`,
      `${at}/%00`,
      `${at}/a%2Fb`,
      "file:",
      "",
      "x".repeat(100_000),
      `${at}/${"y/".repeat(5_000)}`,
      "file://evil.example/etc/passwd",
      `${at}/../home/keys/tag.key`,
    ];
    const prompt: ContentBlock[] = [
      { type: "text", text: "list" },
      ...uris.map((uri): ContentBlock => ({ type: "resource_link", uri, name: `${ESC}\n${uri.slice(0, 20)}` })),
      ...uris.map((uri): ContentBlock => ({ type: "resource", resource: { uri, text: "t" } })),
    ];
    const answer = await editor.agent.request("session/prompt", { sessionId: session, prompt });
    expect(answer.stopReason).toBe("end_turn");
    expect(editor.called.filter((method) => method !== "fs/read_text_file")).toEqual([]);
    const refused = (await recordAt(editor, session)).filter(({ decision }) => decision === "deny");
    expect(JSON.stringify(refused)).toContain("tag.key");
  });

  it("fills no record with tool servers, and each of the first is on it as denied", async () => {
    const editor = await openEditor();
    const mcpServers: McpServer[] = [
      { name: "web", type: "http", url: "https://mcp.example.test/x", headers: [{ name: "A", value: "fake-header" }] },
      { name: "own", type: "sse", url: "https://u:fake-pass@mcp.example.test/x", headers: [] },
      ...Array.from({ length: 500 }, (_, n) => ({ name: `s${n}`, command: "/bin/true", args: [], env: [] })),
    ];
    const { sessionId } = await editor.agent.request("session/new", { cwd: editor.project, mcpServers });
    await until(() => editor.said().includes("more tool servers are not started"));
    const events = await recordAt(editor, sessionId);
    const asked = events.filter(({ tool, event }) => tool === "mcp server" && event === "intent");
    expect(asked).toHaveLength(32);
    expect(asked[0]).toMatchObject({ capability: "network_request", decision: "deny" });
    expect(asked[1]).toMatchObject({ capability: "runtime_launch", decision: "deny" });
    expect(everything(editor)).not.toMatch(/fake-pass|fake-header/);
  });

  it("opens sixteen sessions, not more, and what breaks in one leaves the others whole", async () => {
    const editor = await openEditor();
    const opened = await Promise.allSettled(
      Array.from({ length: 20 }, () => editor.agent.request("session/new", { cwd: editor.project, mcpServers: [] })),
    );
    const good = opened.flatMap((each) => each.status === "fulfilled" ? [each.value.sessionId] : []);
    expect(good).toHaveLength(16);
    const refused = opened.flatMap((each) => each.status === "rejected" ? [Object(each.reason).data?.code] : []);
    expect(refused).toEqual(Array.from({ length: 4 }, () => "SESSION_BUSY"));
    const [one = "", two = ""] = good;
    await editor.agent.request("session/close", { sessionId: one });
    await expect(editor.prompt(one, "hi")).rejects.toMatchObject({ code: -32002 });
    expect(await editor.prompt(two, "read README.md")).toBe("end_turn");
    await expect(editor.agent.request("session/new", { cwd: editor.project, mcpServers: [] })).resolves.toHaveProperty(
      "sessionId",
    );
  });

  it("learns of a failure that nobody expected only that there was one", async () => {
    const editor = await openEditor();
    const session = await editor.open();
    const huge = "x".repeat(1_048_577);
    await expect(editor.prompt(session, huge)).rejects.toMatchObject({
      code: -32602,
      data: { code: "PROMPT_INVALID" },
    });
    writeFileSync(join(editor.home, "config.yml"), "{{{", { mode: 0o600 });
    const failed = await editor.agent.request("session/new", { cwd: editor.project, mcpServers: [] })
      .catch((cause: unknown) => ({ message: Object(cause).message, data: Object(cause).data }));
    expect(failed).toMatchObject({ data: { code: expect.any(String) } });
    expect(JSON.stringify([failed, editor.log])).not.toContain(editor.home);
    expect(JSON.stringify(failed)).not.toMatch(/at .*\.ts:/);
    expect(await editor.prompt(session, "/read README.md")).toBe("end_turn");
  });

  it("gets `cancelled` for a prompt whose request it cancels, and an error for nothing else", async () => {
    const editor = await openEditor({
      script: '- calls: [{tool: write, args: {path: "a", content: "x"}}]\n- text: "ok"\n',
      answer: () => new Promise(() => {}),
    });
    const session = await editor.open();
    const cancel = new AbortController();
    const turn = editor.agent.request("session/prompt", {
      sessionId: session,
      prompt: [{ type: "text", text: "write" }],
    }, { cancellationSignal: cancel.signal });
    await until(() => editor.questions.length === 1);
    cancel.abort();
    expect((await turn).stopReason).toBe("cancelled");
    expect(existsSync(join(editor.project, "a"))).toBe(false);
  });
});
