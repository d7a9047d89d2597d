import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOf, type FuzzTarget, violated } from "../target.ts";

const BIN = fileURLToPath(new URL("../../../cli/bin.ts", import.meta.url));
const ANSWER_MS = 20_000;

/** Lines of an editor on the real process: whatever comes, the next good request has its answer. */
export function open(): FuzzTarget {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "az-fuzz-")));
  const cwd = join(base, "shop");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "README.md"), "# Shop\n");
  let agent: Agent | null = null;
  let [id, alive] = [1_000_000, 0];
  return {
    samples: [
      { jsonrpc: "2.0", id: 2, method: "session/new", params: { cwd, mcpServers: [] } },
      { jsonrpc: "2.0", id: 3, method: "session/load", params: { sessionId: "ses_x", cwd, mcpServers: [] } },
      {
        jsonrpc: "2.0",
        id: "4",
        method: "session/prompt",
        params: { sessionId: "x", prompt: [{ type: "text", text: "hi" }] },
      },
      { jsonrpc: "2.0", method: "session/cancel", params: { sessionId: "x" } },
      { jsonrpc: "2.0", id: 5, method: "session/set_mode", params: { sessionId: "x", modeId: "ask" } },
      { jsonrpc: "2.0", id: 6, result: { outcome: { outcome: "cancelled" } } },
      { jsonrpc: "2.0", id: 7, method: "authenticate", params: { methodId: "local" } },
    ].map((message) => bytesOf(JSON.stringify(message))),
    words:
      ("jsonrpc id method params result error session/new session/load session/resume session/prompt session/list " +
        "session/cancel session/set_mode session/set_config_option initialize _meta sessionId cwd mcpServers prompt")
        .split(" "),
    async check(input) {
      // A thousand sessions in one process are another test.
      if (agent === null || ++alive % 200 === 0) {
        agent?.end();
        agent = await start(base, cwd);
      }
      return await agent.survives(input, id++);
    },
    close(): void {
      agent?.end();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

interface Agent {
  survives(input: Uint8Array, id: number): Promise<string>;
  end(): void;
}

async function start(base: string, cwd: string): Promise<Agent> {
  const child = spawn(
    process.execPath,
    [...(process.versions["deno"] === undefined ? [] : ["run", "-A"]), BIN, "acp"],
    {
      cwd,
      env: { PATH: process.env["PATH"], HOME: base, AGENTZERO_HOME: join(base, "home") },
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  const seen = listen(child);
  child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}\n');
  await seen.answer(1);
  return {
    async survives(input, id) {
      seen.forget();
      child.stdin.write(Buffer.concat([Buffer.from(input.filter((byte) => byte !== 0x0a)), Buffer.from("\n")]));
      child.stdin.write(`{"jsonrpc":"2.0","id":${id},"method":"session/nothing","params":{}}\n`);
      const answer = await seen.answer(id);
      if (answer.error?.code !== -32601) throw violated(`the next request is answered: ${JSON.stringify(answer)}`);
      const codes = seen.codes().filter((code) => code !== -32601);
      return codes.length === 0 ? "ok" : codes.join(" ");
    },
    end(): void {
      child.removeAllListeners();
      child.stdin.on("error", () => undefined);
      child.kill("SIGKILL");
    },
  };
}

interface Answer {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly error?: { readonly code?: number };
}

function listen(child: ChildProcess): {
  answer(id: number): Promise<Answer>;
  codes(): readonly number[];
  forget(): void;
} {
  let rest = "";
  let ended = false;
  let answers: Answer[] = [];
  let waiting: (() => void) | null = null;
  child.stdin?.on("error", () => undefined);
  child.stdout?.on("data", (chunk: Uint8Array) => {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") answers.push(JSON.parse(line) as Answer);
    waiting?.();
  });
  child.on("close", () => {
    ended = true;
    waiting?.();
  });
  return {
    forget: () => void (answers = []),
    codes: () => answers.flatMap(({ error }) => error?.code === undefined ? [] : [error.code]),
    async answer(id): Promise<Answer> {
      const timeout = setTimeout(() => waiting?.(), ANSWER_MS);
      try {
        for (;;) {
          const found = answers.find((answer) => answer.id === id && answer.method === undefined);
          if (found !== undefined) return found;
          if (ended) throw violated("the agent lives on");
          const before = performance.now();
          await new Promise<void>((resolve) => void (waiting = resolve));
          if (performance.now() - before > ANSWER_MS - 1_000) throw violated("the agent answers");
        }
      } finally {
        clearTimeout(timeout);
      }
    },
  };
}
