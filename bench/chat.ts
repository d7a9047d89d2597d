import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { initProject } from "../cli/commands/init/init-project.ts";
import { contextIn } from "../test/support/context.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, quantile, type Row, rowWithin } from "./support/row.ts";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const STARTS = 5;
const KEYS = 100;

/** The built program on a terminal of its own: until its status line stands, what it keeps in memory, how keys feel. */
export async function measure(): Promise<readonly Row[]> {
  if (process.platform !== "linux" || spawnSync("script", ["--version"]).status !== 0) return [];
  return inFolder(async (folder) => {
    const cwd = join(folder, "project");
    const home = join(folder, "home");
    mkdirSync(cwd);
    await initProject(contextIn(cwd, home), "default");
    const seen: Seen[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let at = 0; at < STARTS; at++) seen.push(await startChat({ cwd, home }, at === 0 ? KEYS : 0));
    return [
      rowWithin("start of chat, until it can be typed into", median(seen.map(({ ms }) => ms)), {
        unit: "ms",
        limit: 350,
      }),
      rowWithin("resident memory of an idle session", Math.max(...seen.map(({ megabytes }) => megabytes)), {
        unit: "MB",
        limit: 120,
      }),
      rowWithin("key press on the screen, through a terminal, p95", quantile(seen[0]?.keys ?? [], 0.95), {
        unit: "ms",
        limit: 16,
      }),
    ];
  });
}

interface Seen {
  readonly ms: number;
  readonly megabytes: number;
  /** From writing a key to reading what it drew, each. */
  readonly keys: readonly number[];
}

async function startChat(at: { readonly cwd: string; readonly home: string }, count: number): Promise<Seen> {
  const flags = process.versions["deno"] === undefined ? "" : "run -A ";
  const command = `stty rows 30 cols 100; exec '${process.execPath}' ${flags}'${BIN}' chat`;
  const env = { ...process.env, AGENTZERO_HOME: at.home, TERM: "xterm" };
  const start = performance.now();
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd: at.cwd,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  let waiting: { readonly look: () => void; readonly fail: (cause: Error) => void } | null = null;
  child.stdout.on("data", (piece: Uint8Array) => {
    screen += new TextDecoder().decode(piece);
    waiting?.look();
  });
  child.on("close", () => waiting?.fail(new Error(`chat ended: ${screen}`)));
  function shows(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      function look(): void {
        if (screen.includes(text)) resolve();
      }
      waiting = { look, fail: reject };
      look();
    });
  }
  await shows("audit ok");
  const ms = performance.now() - start;
  // As idle as it gets: what it did at its start may still be swept up.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const megabytes = residentBelow(child.pid ?? 0) / 1_024;
  const keys: number[] = [];
  let line = "";
  for (let key = 0; key < count; key++) {
    const letter = "abcdefghij"[key % 10] ?? "x";
    line = line.length < 60 ? line + letter : letter;
    // A line that is full is cleared, untimed.
    if (line.length === 1 && key > 0) child.stdin.write("\u0015");
    screen = "";
    const pressed = performance.now();
    child.stdin.write(letter);
    // oxlint-disable-next-line no-await-in-loop -- one key after the other
    await shows(`> ${line}`);
    keys.push(performance.now() - pressed);
    // oxlint-disable-next-line no-await-in-loop -- as fast as a person types
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  waiting = null;
  child.stdin.write("\u0015\u0004");
  await new Promise((resolve) => child.on("close", resolve));
  return { ms, megabytes, keys };
}

/** Kilobytes of the largest process below one. */
function residentBelow(parent: number): number {
  let most = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(join("/proc", name, "status"), "utf8");
      if (Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) !== parent) continue;
      most = Math.max(most, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0), residentBelow(Number(name)));
    } catch {
      // It ended in between.
    }
  }
  return most;
}
