import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { realTempFolder } from "../temp-folder.ts";
import { encodeFrame } from "./guest/frames.ts";
import { createFrameReader } from "./frame-reader.ts";
import type { GuestLink, LinkEnd, LinkListener } from "./guest-link.ts";
import { findPrlimit } from "./prlimit.ts";
import { programUrl } from "./thread-link.ts";

/** Heap of the glue in MiB; the guest's own memory is not in it. */
const HEAP_MIB = 256;
const DATA_BYTES = 2 * 1024 ** 3;
/** Deno writes what it translated into its cache. */
const FILE_BYTES = 64 * 1024 ** 2;
/** Everything that a program writes to stderr before this is kept to say why it failed. */
const STDERR_CHARS = 2000;

/**
 * Starts a process without permissions for a guest: no files, network, variables or further processes; on Linux under
 * `prlimit` as well. Frames go in and out on its standard streams.
 *
 * @param deps Host facts and timers.
 * @returns The way to it.
 * @throws {SandboxError} `TIER_UNAVAILABLE` where its limits cannot be set.
 */
export function openChild({ facts }: Pick<SandboxDeps, "facts">): GuestLink {
  const [command = "", ...args] = childArgv(facts);
  const cwd = realTempFolder(facts.tmp, "Cannot run component");
  const child = spawn(command, args, { env: {}, cwd, stdio: ["pipe", "pipe", "pipe"], detached: false });
  let listener: LinkListener | null = null;
  let end: LinkEnd | null = null;
  let killed = false;
  let problem = "";
  function ended(why: string): void {
    if (end !== null || killed) return;
    const said = problem.trim().split("\n", 1)[0] ?? "";
    // V8 says so before it gives up.
    const memory = /out of memory|allocation failed/i.test(problem);
    end = {
      code: memory ? "LIMIT_MEMORY" : "SANDBOX_FAILED",
      why: said === "" ? why : `${why}: ${said.slice(0, 200)}`,
    };
    listener?.ended(end);
  }
  function kill(why: string): void {
    ended(why);
    child.kill("SIGKILL");
  }
  const reader = createFrameReader({
    message: (message) => listener?.message(message),
    broken: () => kill("its process wrote what is no message"),
  });
  child.on("error", (error) => ended(`its process cannot be started: ${error.message}`));
  child.on("close", (status, signal) => ended(`its process ended with ${signal ?? `status ${status}`}`));
  child.stdin.on("error", () => {});
  child.stdout.on("error", () => {});
  child.stderr.on("error", () => {});
  child.stdout.on("data", (chunk: Uint8Array) => reader.add(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => {
    if (problem.length < STDERR_CHARS) problem += new TextDecoder().decode(chunk).slice(0, STDERR_CHARS);
  });
  return {
    where: "child",
    listen(given) {
      listener = given;
      if (end !== null) given.ended(end);
    },
    send: (message) => void child.stdin.write(encodeFrame(message)),
    answer: (message) => void child.stdin.write(encodeFrame(message)),
    // It looks at nothing while it computes: its own clock ends it, or the end of the grace.
    stop() {},
    hold: (busy) => hold(child, busy),
    kill() {
      if (killed || end !== null) return Promise.resolve(true);
      killed = true;
      return new Promise((resolve) => {
        child.once("exit", () => resolve(true));
        child.ref();
        child.kill("SIGKILL");
      });
    },
  };
}

// Streams of a child are sockets and pipes of ours, each of which keeps the process alive by itself.
function hold(child: ChildProcess, busy: boolean): void {
  const parts: readonly unknown[] = [child, child.stdin, child.stdout, child.stderr];
  for (const part of parts) {
    const change: unknown = typeof part === "object" && part !== null
      ? Reflect.get(part, busy ? "ref" : "unref")
      : undefined;
    if (typeof change === "function") Reflect.apply(change, part, []);
  }
}

/**
 * Builds the argv of the process: nothing is allowed, and where the system can, limits hold besides.
 *
 * @param facts Runtime, its path, platform.
 * @returns The argv.
 * @throws {SandboxError} `TIER_UNAVAILABLE` on Linux without `prlimit`.
 */
export function childArgv(facts: SandboxDeps["facts"]): readonly string[] {
  const program = fileURLToPath(programUrl("child"));
  const heap = `--max-old-space-size=${HEAP_MIB}`;
  const flags = facts.runtime === "deno"
    ? ["run", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--quiet", `--v8-flags=${heap}`]
    : ["--permission", `--allow-fs-read=${dirname(program)}`, "--no-warnings", heap];
  const runtime = [facts.execPath, ...flags, program];
  if (facts.platform !== "linux") return runtime;
  const prlimit = findPrlimit();
  if (prlimit === null) {
    throw new SandboxError("TIER_UNAVAILABLE", "Cannot run component: the program prlimit is missing", {
      hint: "install the package util-linux",
    });
  }
  return [prlimit, "--core=0", "--nofile=256", `--fsize=${FILE_BYTES}`, `--data=${DATA_BYTES}`, "--", ...runtime];
}
