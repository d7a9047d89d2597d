import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeProblem } from "../runtime-check.ts";
import { refuseStart } from "./refuse-start.ts";

// Compiled, this file must parse and run on Node 20, like `bin`.

/** The signals that end a session in good order. */
const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const SETPRIV = "/usr/bin/setpriv";

/**
 * Runs this very command line on the Node that a clone's `npm ci` brought along, with the same standard streams, and
 * ends as it ends. Without one it prints what is wrong and ends with 2.
 *
 * @param words The command line after the program.
 * @param problem Why this runtime cannot run it.
 */
export async function runInToolChain(words: readonly string[], problem: RuntimeProblem): Promise<void> {
  const entry = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../bin.ts" : "../bin.js", import.meta.url));
  const node = findNode(dirname(entry));
  if (node === null || node === process.execPath) {
    refuseStart(words, problem);
    return;
  }
  await handOver(node, [entry, ...words]);
}

function findNode(from: string): string | null {
  const folders = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  for (let at = from;; at = dirname(at)) {
    for (const folder of folders) {
      const file = join(at, "node_modules", folder, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (isExecutable(file)) return file;
    }
    if (dirname(at) === at) return null;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function handOver(node: string, args: readonly string[]): Promise<void> {
  // Where the kernel can, the real process dies with this one, so that `kill -9` means what it says.
  const tied = process.platform === "linux" && isExecutable(SETPRIV);
  const child = tied
    ? spawn(SETPRIV, ["--pdeathsig", "KILL", "--", node, ...args], { stdio: "inherit" })
    : spawn(node, args, { stdio: "inherit" });
  function forward(signal: NodeJS.Signals): void {
    // A terminal sends Ctrl+C to both of us; the child takes two within a moment for one.
    child.kill(signal);
  }
  for (const signal of FORWARDED) process.on(signal, forward);
  await new Promise<void>((resolve) => {
    child.once("error", (cause) => {
      process.stderr.write(`error: Cannot start ${node}: ${"code" in cause ? String(cause.code) : cause.name}\n`);
      process.exitCode = 2;
      resolve();
    });
    child.once("exit", (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      if (signal !== null) process.kill(process.pid, signal);
      else process.exitCode = code ?? 1;
      resolve();
    });
  });
}
