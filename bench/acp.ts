import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "./support/in-folder.ts";
import { interleave, median, type Row, rowWithin } from "./support/row.ts";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const RUNS = 9;
const UPDATES = 400;

/** The agent in an editor: from spawn to the first answers, updates a second, a permission there and back, cancel. */
export async function measure(): Promise<readonly Row[]> {
  return inFolder(async (folder) => {
    const place = prepare(folder);
    const start = await interleave(RUNS, () => initialized(place), () => bareNode(place));
    const opened: number[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one process after the other
    for (let run = 0; run < RUNS; run++) opened.push(await sessionOpened(place));
    const turn = await workedTurn(place);
    const initialize = median(start.ours);
    return [
      {
        name: "acp initialize, from spawn",
        ours: initialize,
        unit: "ms",
        peer: { name: "node -e 0", value: median(start.peer) },
        goal: "<= 250 ms",
        reached: initialize <= 250,
      },
      rowWithin("acp first session/new, from spawn", median(opened), { unit: "ms", limit: 500 }),
      rowWithin("acp turn that writes a file after a permission", turn.permissionMs, { unit: "ms", limit: 150 }),
      rowWithin(`acp update, over ${UPDATES} calls`, turn.updateMs, { unit: "ms", limit: 1 }),
      rowWithin("acp cancel to `cancelled`, running command", turn.cancelMs, { unit: "ms", limit: 700 }),
    ];
  });
}

interface Place {
  readonly project: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

function prepare(folder: string): Place {
  const project = join(folder, "project");
  const me = join(folder, "me");
  mkdirSync(project);
  mkdirSync(me);
  writeFileSync(join(project, "README.md"), "# Hello\n");
  const env = { ...process.env, HOME: me, AGENTZERO_HOME: join(folder, "home") };
  const made = spawnSync(process.execPath, [BIN, "init", "--cwd", project], { env });
  if (made.status !== 0) throw new Error(`Cannot measure: init failed, ${made.stderr.toString()}`);
  // No call is like the one before it: repeats are refused.
  const reads = Array.from({ length: 30 }, (_, at) => `{tool: read, args: {path: README.md, limit: ${at + 1}}}`);
  const many = Array.from({ length: Math.ceil(UPDATES / 30) }, () => `- calls: [${reads.join(", ")}]`).join("\n");
  writeFileSync(join(folder, "many.yml"), `${many}\n- text: "done"\n`);
  writeFileSync(
    join(folder, "write.yml"),
    '- calls: [{tool: write, args: {path: out.txt, content: "x"}}]\n- text: "done"\n',
  );
  writeFileSync(join(folder, "slow.yml"), '- calls: [{tool: shell, args: {command: "sleep 60"}}]\n');
  return { project, folder, env };
}

/** The agent on pipes. */
class Agent {
  readonly #child: ReturnType<typeof spawn>;
  readonly #waiting: { readonly test: (message: Message) => boolean; readonly resolve: (message: Message) => void }[] =
    [];
  #rest = "";
  updates = 0;
  onMessage: (message: Message) => void = () => undefined;

  constructor(place: Place, args: readonly string[] = []) {
    this.#child = spawn(process.execPath, [BIN, "acp", ...args], { env: place.env, stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdout?.on("data", (chunk: Uint8Array) => this.#take(new TextDecoder().decode(chunk)));
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  seen(test: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => void this.#waiting.push({ test, resolve }));
  }

  answer(id: number): Promise<Message> {
    return this.seen((message) => message.id === id && message.method === undefined);
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.on("close", resolve));
    this.#child.stdin?.end();
    await closed;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message: Message = JSON.parse(line);
      if (message.method === "session/update") this.updates++;
      this.onMessage(message);
      for (const waiting of this.#waiting.filter(({ test }) => test(message))) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.resolve(message);
      }
    }
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly options?: readonly { readonly kind: string; readonly optionId: string }[] };
  readonly result?: { readonly sessionId?: string };
}

const INITIALIZE = { id: 1, method: "initialize", params: { protocolVersion: 1 } };

async function initialized(place: Place): Promise<number> {
  const start = performance.now();
  const agent = new Agent(place);
  const answer = agent.answer(1);
  agent.send(INITIALIZE);
  await answer;
  const ms = performance.now() - start;
  await agent.end();
  return ms;
}

function bareNode({ env }: Place): number {
  const start = performance.now();
  spawnSync(process.execPath, ["-e", "0"], { env });
  return performance.now() - start;
}

async function open(agent: Agent, place: Place): Promise<string> {
  const first = agent.answer(1);
  agent.send(INITIALIZE);
  await first;
  const second = agent.answer(2);
  agent.send({ id: 2, method: "session/new", params: { cwd: place.project, mcpServers: [] } });
  return (await second).result?.sessionId ?? "";
}

async function sessionOpened(place: Place): Promise<number> {
  const start = performance.now();
  const agent = new Agent(place);
  await open(agent, place);
  const ms = performance.now() - start;
  await agent.end();
  return ms;
}

function script(place: Place, name: string): readonly string[] {
  return ["--provider", "script", "--script", join(place.folder, `${name}.yml`)];
}

function prompt(sessionId: string, id: number): Readonly<Record<string, unknown>> {
  return { id, method: "session/prompt", params: { sessionId, prompt: [{ type: "text", text: "go" }] } };
}

async function workedTurn(
  place: Place,
): Promise<{ readonly permissionMs: number; readonly updateMs: number; readonly cancelMs: number }> {
  const many = new Agent(place, script(place, "many"));
  const manySession = await open(many, place);
  const updatesStart = performance.now();
  const manyDone = many.answer(3);
  many.send(prompt(manySession, 3));
  await manyDone;
  const updateMs = (performance.now() - updatesStart) / Math.max(1, many.updates);
  await many.end();

  const writer = new Agent(place, script(place, "write"));
  const writerSession = await open(writer, place);
  writer.onMessage = ({ id, method, params }) => {
    const yes = params?.options?.find(({ kind }) => kind === "allow_once");
    if (method !== "session/request_permission" || yes === undefined) return;
    writer.send({ id, result: { outcome: { outcome: "selected", optionId: yes.optionId } } });
  };
  const writeStart = performance.now();
  const written = writer.answer(3);
  writer.send(prompt(writerSession, 3));
  await written;
  const permissionMs = performance.now() - writeStart;
  await writer.end();

  const slow = new Agent(place, script(place, "slow"));
  const slowSession = await open(slow, place);
  const running = slow.seen((message) => JSON.stringify(message).includes("in_progress"));
  const stopped = slow.answer(3);
  slow.send(prompt(slowSession, 3));
  await running;
  await new Promise((resolve) => setTimeout(resolve, 300));
  const cancelStart = performance.now();
  slow.send({ method: "session/cancel", params: { sessionId: slowSession } });
  await stopped;
  const cancelMs = performance.now() - cancelStart;
  await slow.end();
  return { permissionMs, updateMs, cancelMs };
}
