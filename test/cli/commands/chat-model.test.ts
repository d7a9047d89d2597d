import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  anthropicEvents,
  type ModelServer,
  openAiEvents,
  type SeenRequest,
  sendEvents,
  startModelServer,
  type WireReply,
} from "../../support/model-server.ts";
import { HAS_PTY, openPty, type Pty, quiet, runtimeCommand } from "../../support/pty.ts";
import { ENTRY, initialise, runAgentzero } from "../../support/run-agentzero.ts";
import { sharedDir } from "../../support/temp-dir.ts";

const at = { cwd: "", home: "" };
const KEY = "fake-model-key-0123456789";
const AFTER = "; echo STATUS $?; stty -a | tr ';' '\\n' | grep -oE -- '-?(icanon|echo)\\b' | tr '\\n' ' '; echo END";
const RULE =
  '  - { id: model-key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/model/key"], cidr: ["127.0.0.1/32"] }\n';
const EVIL = "\u001b[2J\u001b]0;owned\u0007\u202e";

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "shop/evil.txt": `plain ${EVIL} text\n`, "me/x": "" });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
  const file = join(at.cwd, ".agentzero/policy.yml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/^tests:$/m, `${RULE}tests:`));
  const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
  await agentzero(["policy", "trust", "--sha256", hash]);
  await agentzero(["vault", "set", "model/key"], KEY);
});

async function agentzero(args: readonly string[], input = ""): Promise<void> {
  const ran = await runAgentzero(args, { ...at, input, env: { HOME: join(at.cwd, "../me") } });
  if (ran.exit !== 0) throw new Error(`${args.join(" ")} ended with ${ran.exit}: ${ran.stderr}`);
}

/** A chat with a model behind a key of the vault. */
async function chat(
  kind: "anthropic" | "openai-compatible",
  answer: (request: SeenRequest, response: ServerResponse) => unknown,
): Promise<{ readonly pty: Pty; readonly server: ModelServer }> {
  const server = await startModelServer(answer);
  onTestFinished(() => server.close());
  const lab = { kind, url: server.url, key: "handle://vault/model/key" };
  writeFileSync(join(at.home, "config.yml"), JSON.stringify({ v: 1, model: "lab/m", providers: { lab } }), {
    mode: 0o600,
  });
  const slot = kind === "anthropic" ? "header:x-api-key" : "bearer";
  await agentzero(["vault", "bind", "model/key", "--clear"]);
  await agentzero(["vault", "bind", "model/key", "--host", `127.0.0.1:${server.port}`, "--slot", slot]);
  const env = { HOME: join(at.cwd, "../me"), AGENTZERO_HOME: at.home, NO_COLOR: "1" };
  const pty = openPty(`${runtimeCommand(ENTRY)} chat${AFTER}`, { cwd: at.cwd, env });
  await pty.waitFor("m local");
  return { pty, server };
}

async function leave(pty: Pty): Promise<void> {
  pty.type("\u0004");
  await pty.waitFor("STATUS 0");
  await pty.waitFor("icanon echo END");
  expect(pty.screen).not.toContain(KEY);
  for (const acted of ["\u001b[2J", "\u001b]0;", "\u202e", "\u0007"]) expect(pty.screen).not.toContain(acted);
}

/** The start of a stream, without its end. */
function begin(response: ServerResponse, events: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(events.replace("data: [DONE]\n\n", ""));
}

// Needs `script` of util-linux; elsewhere these are skipped.
describe.skipIf(!HAS_PTY).each([["openai-compatible", openAiEvents], ["anthropic", anthropicEvents]] as const)(
  "a chat over %s, its key behind a handle",
  (kind, events) => {
    it("shows a reply while it comes, nothing in it acts; Ctrl+C stops it; a paste of 200 lines is data", async () => {
      const { pty, server } = await chat(kind, (_, response) => {
        if (server.requests.length === 1) return begin(response, events({ text: `one ${EVIL}\n\ntwo `, finish: null }));
        return sendEvents(response, events({ text: "all read" }));
      });
      pty.type("tell me\r");
      await pty.waitFor("one \\u{1b}[2J");
      pty.type("\u0003");
      await pty.waitFor("stopped: interrupted");
      await pty.waitFor("audit ok");
      const lines = Array.from({ length: 200 }, (_, n) => `pasted ${n}`).join("\r\n");
      pty.type(`see \u001b[200~${lines}\u001b[201~`);
      await pty.waitFor("[paste 1: 200 lines]");
      pty.type("\r");
      await pty.waitFor("all read");
      await pty.waitFor("tainted | audit ok");
      await leave(pty);
      expect(server.requests.every(({ headers }) => JSON.stringify(headers).includes(KEY))).toBe(true);
      const second = server.requests[1]?.body ?? "";
      expect(second).toContain("[the person interrupted]");
      expect(second).toMatch(/<<az-data:[^>]+source=\\+"paste 1\\+"[^>]*>>\\npasted 0\\n/);
      expect(second).toContain("pasted 199");
      expect(pty.screen).not.toContain("pasted 150");
    });

    it("stops a tool and a question with Ctrl+C; no key typed before a question answers it", async () => {
      const replies: readonly WireReply[] = [
        { calls: [{ name: "shell", args: '{"command":"sleep 60"}' }] },
        { calls: [{ name: "read", args: '{"path":"evil.txt"}' }] },
        { text: "read it" },
        { calls: [{ name: "write", args: '{"path":"ahead.txt","content":"x"}' }] },
        { text: "as you wish" },
      ];
      const { pty, server } = await chat(
        kind,
        (_, response) => sendEvents(response, events(replies[server.requests.length - 1] ?? { text: "?" })),
      );
      pty.type("run it\r");
      // The first second may not be shown on a busy machine.
      await pty.waitFor(/sleep 60 {2}[1-9]\d* s/);
      pty.type("\u0003");
      await pty.waitFor("stopped: interrupted");
      await pty.waitFor("audit ok");
      pty.type("read it then\r");
      await pty.waitFor("\u001b[Jread it");
      await pty.waitFor("tainted | audit ok");
      pty.type("write it\ryyy");
      await pty.waitFor("Allow? [n]");
      await quiet(1_000);
      pty.type("\u0003");
      await pty.waitFor("(not done)");
      await pty.waitFor("as you wish");
      await quiet(200);
      // What was typed ahead stands in the input, nowhere else.
      pty.type("\u0003");
      await pty.waitFor("> \r");
      await leave(pty);
      expect(existsSync(join(at.cwd, "ahead.txt"))).toBe(false);
      expect(server.requests[1]?.body).toContain("cancelled");
      expect(server.requests).toHaveLength(5);
    });
  },
);
