// Kills a busy session at a moment of chance, again and again, in one project: `npm run kills` does it 1,000 times,
// `npm run kills -- 20` as often as it says (build first: `npm run build`). Whatever the session had said to be done
// before it died must stand on record, what it changed must be on record, and every record must verify.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { initProject } from "../../cli/commands/init/init-project.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import { sha256 } from "../../core/mod.ts";
import { trustPolicy } from "../../policy/mod.ts";
import { contextIn } from "../support/context.ts";
import { chance } from "../fuzz/mutate.ts";

const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));
const KILLS = Number(process.argv[2] ?? "1000");
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000_007);
const WRITES = 60;
const POLICY = `version: 2
rules:
  - { id: write, effect: allow, capability: file_write, paths: ["\${project}/**"] }
  - { id: run, effect: allow, capability: shell_command, cwd: ["\${project}/**"], tainted: any }
`;
if (!existsSync(BIN)) throw new Error("dist is missing: npm run build");
if (!Number.isInteger(KILLS) || KILLS < 1) throw new RangeError("expected how often, and maybe a seed");

const base = realpathSync(mkdtempSync(join(tmpdir(), "az-kills-")));
const cwd = join(base, "project");
const env = { PATH: process.env["PATH"], HOME: base, AGENTZERO_HOME: join(base, "home"), NO_COLOR: "1" };
try {
  await prepare();
  const below = chance(SEED);
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, in one project
    acknowledged += await killOnce(kill, below(2_500));
    if ((kill + 1) % 20 === 0 || kill + 1 === KILLS) verify();
    if ((kill + 1) % 20 === 0) {
      process.stdout.write(`${kill + 1} kills, ${acknowledged} calls acknowledged, none lost\n`);
    }
  }
  process.stdout.write(`seed ${SEED}: ${KILLS} kills, ${acknowledged} calls acknowledged, none lost\n`);
} finally {
  rmSync(base, { recursive: true, force: true });
}

async function prepare(): Promise<void> {
  mkdirSync(cwd);
  writeFileSync(join(cwd, "README.md"), "# Kills\n");
  const context = contextIn(cwd, env.AGENTZERO_HOME);
  await initProject(context, "default");
  writeFileSync(join(cwd, ".agentzero", "policy.yml"), POLICY);
  const { home, keys } = await openInstallation(context);
  const { clock } = context.system;
  trustPolicy({ home, keys, clock }, { project: cwd, sha256: sha256(POLICY), config: null, agents: null });
}

/** One session that writes files with names of its own; gives the number of calls it had said to be done. */
async function killOnce(kill: number, afterMs: number): Promise<number> {
  const turns = Array.from({ length: WRITES }, (_, n) => {
    const path = `k${kill}-${n}.txt`;
    const call = n % 6 === 5
      ? { tool: "shell", args: { command: `echo ${n} > ${path}` } }
      : { tool: "write", args: { path, content: `${n}` } };
    return `- ${JSON.stringify({ calls: [call] })}\n`;
  });
  writeFileSync(join(base, "turns.yml"), turns.join(""));
  const words = ["run", "go", "--provider", "script", "--script", join(base, "turns.yml"), "--max-turns", "100"];
  const child = spawn(process.execPath, [BIN, ...words, "--output", "stream-json"], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const ended = new Promise((resolve) => child.on("close", resolve));
  // Half of the time while it starts or soon after, half of the time in the middle of its work.
  if (kill % 2 === 0) await Promise.race([ended, until(() => said.includes('"type":"tool_result"'))]);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, afterMs))]);
  child.kill("SIGKILL");
  await ended;
  const lines = said.split("\n").slice(0, -1).map((line): Line => JSON.parse(line));
  const done = lines.filter(({ type, ok }) => type === "tool_result" && ok === true);
  const session = lines[0]?.session;
  const changed = readdirSync(cwd).filter((name) => name.startsWith(`k${kill}-`));
  if (session === undefined) {
    if (changed.length > 0) throw new Error(`${changed.length} files were changed before the session said its name`);
    return 0;
  }
  const events = eventsOf(session);
  for (const { call, audit } of done) {
    const own = events.filter((event) => event.call === call);
    if (!own.some(({ event, seq }) => event === "result" && seq === audit?.result)) {
      throw new Error(`kill ${kill}: ${call} was said to be done and is not on record (${session}, seed ${SEED})`);
    }
  }
  const intents = JSON.stringify(events.filter(({ event }) => event === "intent"));
  const unasked = changed.filter((name) => !intents.includes(name));
  if (unasked.length > 0) throw new Error(`kill ${kill}: ${unasked.join()} changed without an intent (seed ${SEED})`);
  for (const name of changed) rmSync(join(cwd, name));
  return done.length;
}

interface Line {
  readonly type?: string;
  readonly event?: string;
  readonly ok?: boolean;
  readonly session?: string;
  readonly call?: string;
  readonly seq?: number;
  readonly audit?: { readonly result?: number | null };
}

function eventsOf(session: string): readonly Line[] {
  const ran = agentzero("audit", "show", session, "--json");
  return ran.stdout.trim().split("\n").filter((line) => line !== "").map((line): Line => JSON.parse(line));
}

function verify(): void {
  const { status, stdout } = agentzero("audit", "verify", "--all", "--json");
  if (status !== 0) throw new Error(`the record does not verify: ${stdout.slice(0, 4_000)}`);
}

function agentzero(...words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [BIN, ...words], { cwd, env, encoding: "utf8", maxBuffer: 256 * 1_048_576 });
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds() && performance.now() < end;) {
    // oxlint-disable-next-line no-await-in-loop -- waits for another process
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
