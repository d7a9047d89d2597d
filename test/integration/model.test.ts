import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import {
  anthropicEvents,
  type ModelHandler,
  type ModelServer,
  openAiEvents,
  sendEvents,
  sendJson,
  startModelServer,
} from "../support/model-server.ts";
import { type Ran, runAgentzero } from "../support/run-agentzero.ts";

const KEY = "fake-model-key-0123456789";
const RULES = [
  '{ id: read, effect: allow, capability: file_read, paths: ["${project}/**"] }',
  "{ id: local, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret, credential] }",
  '{ id: key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/model/key"], cidr: ["127.0.0.1/32"] }',
];

let root = "";
const servers: ModelServer[] = [];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "az-model-")));
  mkdirSync(join(root, "shop", ".agentzero"), { recursive: true });
  mkdirSync(join(root, "home"), { mode: 0o700 });
  writeFileSync(join(root, "shop", "a.txt"), "content of a\n");
  writeFileSync(
    join(root, "home", "policy.yml"),
    ["version: 2", "rules:", ...RULES.map((rule) => `  - ${rule}`), ""].join("\n"),
    { mode: 0o600 },
  );
});
afterEach(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const server of servers.splice(0)) await server.close();
});

async function serve(handler: ModelHandler): Promise<ModelServer> {
  const server = await startModelServer(handler);
  servers.push(server);
  return server;
}

function agentzero(args: readonly string[], input?: string): Promise<Ran> {
  const home = join(root, "home");
  return runAgentzero(args, {
    cwd: join(root, "shop"),
    home,
    env: { HOME: home },
    ...(input === undefined ? {} : { input }),
  });
}

function configure(kind: string, url: string, key?: string): void {
  const provider = { kind, url, ...(key === undefined ? {} : { key }) };
  writeFileSync(
    join(root, "home", "config.yml"),
    JSON.stringify({ v: 1, model: "lab/claude-test", providers: { lab: provider } }),
    { mode: 0o600 },
  );
}

function everything(): string {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe.for([["openai-compatible", openAiEvents], ["anthropic", anthropicEvents]] as const)(
  "run over %s",
  ([kind, events]) => {
    it("lets the model read a file through the gate and answers", async () => {
      const server = await serve((request, response) =>
        sendEvents(
          response,
          request.body.includes("content of a")
            ? events({ text: "It says: content." })
            : events({ calls: [{ name: "read", args: '{"path":"a.txt"}' }] }),
        )
      );
      configure(kind, server.url);
      const ran = await agentzero(["run", "what is in a.txt?", "--output", "json"]);
      expect(ran.json()).toMatchObject({
        ok: true,
        stop: "end",
        text: "It says: content.",
        turns: 2,
        calls: 1,
        denied: 0,
      });
      expect(ran.exit).toBe(0);
      expect(server.requests).toHaveLength(2);
      expect((await agentzero(["audit", "verify", "--json"])).json()).toMatchObject({ ok: true });
    });

    it("sends the key of the vault to the bound place, and shows it nowhere", async () => {
      const server = await serve((request, response) =>
        sendEvents(response, events({ text: `echo ${JSON.stringify(request.headers)}` }))
      );
      configure(kind, server.url, "handle://vault/model/key");
      await agentzero(["vault", "set", "model/key"], KEY);
      const unbound = await agentzero(["run", "hello", "--output", "json"]);
      expect([unbound.exit, server.requests]).toEqual([5, []]);
      const slot = kind === "anthropic" ? "header:x-api-key" : "bearer";
      await agentzero(["vault", "bind", "model/key", "--host", `127.0.0.1:${server.port}`, "--slot", slot]);
      const ran = await agentzero(["run", "hello", "--output", "json"]);
      expect(ran.exit).toBe(0);
      expect(JSON.stringify(server.requests[0]?.headers)).toContain(KEY);
      expect(ran.stdout + ran.stderr + everything()).not.toContain(KEY);
      expect(ran.stdout).toContain("[SECRET_");
    });
  },
);

describe("run", () => {
  test.for(
    [
      [401, "PROVIDER_AUTH"],
      [404, "PROVIDER_MODEL"],
      [302, "PROVIDER_PROTOCOL"],
    ] as const,
  )("exits 6 after %i and repeats nothing of the body", async ([status, code]) => {
    const server = await serve((_, response) =>
      sendJson(response, {
        status,
        value: { error: { message: "BODY-CANARY" } },
        headers: { location: "http://127.0.0.1:1/BODY-CANARY" },
      })
    );
    configure("openai-compatible", server.url);
    const ran = await agentzero(["run", "hello", "--output", "stream-json"]);
    expect(ran.exit).toBe(6);
    expect(ran.stdout).toContain(`"code":"${code}"`);
    expect(ran.stdout + ran.stderr).not.toContain("BODY-CANARY");
  });

  it("exits 6 when nobody listens, with the command that helps", async () => {
    // Not one that was just closed: another test may have taken its port.
    configure("openai-compatible", "http://127.0.0.1:1/v1");
    const ran = await agentzero(["run", "hello"]);
    expect(ran.exit).toBe(6);
    expect(ran.stderr).toContain(`start the server that listens at 127.0.0.1:1,`);
  });

  it("denies a remote model without a rule, before its name is looked up", async () => {
    configure("openai-compatible", "https://models.example.test/v1");
    const ran = await agentzero(["run", "hello", "--output", "stream-json"]);
    expect(ran.exit).toBe(5);
    expect(ran.stdout).toContain('"code":"MODEL_DENIED"');
  });

  it("plays a script", async () => {
    writeFileSync(
      join(root, "turns.yml"),
      '- calls: [{ tool: read, args: { path: a.txt } }]\n- text: "It says: ${last}"\n',
    );
    const ran = await agentzero([
      "run",
      "go",
      "--provider",
      "script",
      "--script",
      join(root, "turns.yml"),
      "--output",
      "json",
    ]);
    expect(ran.json()).toMatchObject({ ok: true, text: "It says: content of a\n" });
    const missing = await agentzero([
      "run",
      "go",
      "--provider",
      "script",
      "--script",
      join(root, "none.yml"),
      "--output",
      "json",
    ]);
    expect(missing.exit).toBe(4);
    writeFileSync(join(root, "bad.yml"), "- txt: hello\n");
    const bad = await agentzero([
      "run",
      "go",
      "--provider",
      "script",
      "--script",
      join(root, "bad.yml"),
      "--output",
      "json",
    ]);
    expect([bad.exit, bad.json()["error"]]).toEqual([
      2,
      expect.objectContaining({ code: "SCRIPT_INVALID", message: expect.stringContaining("line 1") }),
    ]);
  });

  it("goes on with a conversation where it stopped, turns of a script included", async () => {
    const file = join(root, "turns.yml");
    writeFileSync(file, "- text: one\n- calls: [{ tool: read, args: { path: a.txt } }]\n- text: two\n");
    const script = ["--provider", "script", "--script", file, "--output", "json"];
    const first = (await agentzero(["run", "first words", ...script])).json();
    expect(first).toMatchObject({ text: "one" });
    const second = (await agentzero(["run", "second words", "-c", ...script])).json();
    expect(second).toMatchObject({ text: "two", session: first["session"] });
    const shown = (await agentzero(["session", "show", String(first["session"]), "--json"])).json();
    expect(shown).toMatchObject({
      header: { title: "first words", provider: "script" },
      items: [{ text: "first words" }, { text: "one" }, { text: "second words" }, { calls: [{ tool: "read" }] }, {
        text: "two",
      }],
      state: { script: 3 },
    });
    expect((await agentzero(["audit", "verify", "--json"])).json()).toMatchObject({ ok: true });
    expect(everything()).not.toContain("first words");
  });
});
