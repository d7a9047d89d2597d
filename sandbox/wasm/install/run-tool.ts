import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { sep } from "node:path";
import { execPath, platform, versions } from "node:process";
import { fileURLToPath } from "node:url";
import { concatBytes } from "../../../core/mod.ts";
import { SandboxError, type SandboxErrorCode } from "../../errors.ts";
import { realTempFolder } from "../../temp-folder.ts";
import { findPrlimit } from "../prlimit.ts";
import { COMPONENT_BOUNDS } from "./bounds.ts";
import { decodeToolReply } from "./decode-tool.ts";
import type { ToolFile, ToolJob, ToolResult } from "./tool-job.ts";
import { decodeToolMessage, encodeToolMessage } from "./tool-message.ts";

const MIB = 1024 ** 2;
/** What the transpiler and its runtime may use; on large components it takes some hundreds of MiB. */
const DATA_BYTES = 2048 * MIB;
const REPLY_BYTES = 256 * MIB;
const ERROR_CHARS = 2000;
/** What the helper may find. */
const CODES: readonly SandboxErrorCode[] = ["LIMIT_SIZE", "WASM_FORMAT", "WASM_IMPORTS", "WASM_LIMITS", "WASM_WORLD"];

/**
 * Has a helper process read a component or make one. The tools that do it were made for friendly input: there they
 * have no permission but to read themselves, a deadline, limits, and end with SIGKILL.
 *
 * @param job What to do.
 * @param bytes The component or text.
 * @param signal Ends it.
 * @returns What the helper made.
 * @throws {SandboxError} What the helper found, `LIMIT_TIME`, `LIMIT_MEMORY`, `CANCELLED`, `TIER_UNAVAILABLE`,
 * `SANDBOX_FAILED`.
 */
export async function runTool(job: ToolJob, bytes: Uint8Array, signal?: AbortSignal): Promise<ToolResult> {
  if (stopped(signal)) throw cancelled();
  const [command = "", ...args] = toolArgv();
  const child = spawn(command, args, {
    env: {},
    cwd: realTempFolder(tmpdir(), "Cannot read component"),
    stdio: ["pipe", "pipe", "pipe"],
    timeout: COMPONENT_BOUNDS.deadlineMs,
    killSignal: "SIGKILL",
  });
  function stop(): void {
    child.kill("SIGKILL");
  }
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const output = await outputOf(child, encodeToolMessage(job, [bytes]));
    if (stopped(signal)) throw cancelled();
    return resultOf(output);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function stopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false;
}

interface ToolOutput {
  readonly message: Uint8Array;
  readonly problem: string;
  /** Why the process ended: its status or signal. */
  readonly end: number | string;
}

function outputOf(child: ChildProcessWithoutNullStreams, message: Uint8Array): Promise<ToolOutput> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let problem = "";
    child.stdout.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      // Threat: a reply without end.
      if (size > REPLY_BYTES) child.kill("SIGKILL");
      else chunks.push(chunk);
    });
    child.stderr.on("data", (chunk: Uint8Array) => {
      if (problem.length < ERROR_CHARS) problem += new TextDecoder().decode(chunk);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {});
    child.on("error", (cause) => {
      reject(new SandboxError("SANDBOX_FAILED", `Cannot read component: no helper can be started, ${cause.message}`));
    });
    child.on("close", (status, end) => {
      if (size > REPLY_BYTES) reject(new SandboxError("LIMIT_SIZE", "Cannot install component: it becomes too large"));
      else resolve({ message: concatBytes(chunks), problem, end: end ?? status ?? "nothing" });
    });
    child.stdin.end(message);
  });
}

function resultOf({ message, problem, end }: ToolOutput): ToolResult {
  if (end !== 0) throw failure(problem, end);
  const { head, bytes } = decodeToolMessage(message);
  const reply = decodeToolReply(head);
  if (reply === null) throw failure("its reply cannot be read", end);
  if (!reply.ok) {
    const code = CODES.find((known) => known === reply.code) ?? "SANDBOX_FAILED";
    throw new SandboxError(code, reply.message, reply.hint === null ? {} : { hint: reply.hint });
  }
  const files: ToolFile[] = [];
  let at = 0;
  for (const { name, size } of reply.files) {
    files.push({ name, bytes: new Uint8Array(bytes.subarray(at, at + size)) });
    at += size;
  }
  if (at !== bytes.length) throw failure("its reply ends too early", end);
  return { imports: reply.imports, exports: reply.exports, files };
}

function failure(problem: string, end: number | string): SandboxError {
  if (/out of memory|allocation failed/i.test(problem)) {
    return new SandboxError("LIMIT_MEMORY", "Cannot read component: reading it takes too much memory");
  }
  if (end === "SIGKILL") {
    return new SandboxError("LIMIT_TIME", "Cannot read component: reading it takes too long", {
      hint: `${COMPONENT_BOUNDS.deadlineMs / 1000} s are the limit`,
    });
  }
  const said = problem.split("\n").map((line) => line.trim()).find((line) => line !== "") ?? `ended with ${end}`;
  return new SandboxError(
    "SANDBOX_FAILED",
    `Cannot read component: the helper that reads it failed, ${said.slice(0, 200)}`,
  );
}

function cancelled(): SandboxError {
  return new SandboxError("CANCELLED", "Cannot install component: the installation was taken back");
}

// The tools read their (empty) environment; on Node they start a thread that they never use.
const DENO_FLAGS = [
  "run",
  "--no-prompt",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--quiet",
  "--allow-env",
  "--node-modules-dir=manual",
] as const;
const NODE_FLAGS = ["--permission", "--allow-worker", "--no-warnings"] as const;

// The helper may read our own package and those that it loads, nothing else.
function toolArgv(): readonly string[] {
  const program = fileURLToPath(
    new URL(`./tool-program${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
  );
  const readable = [packageRoot(), modulesRoot()].map((path) => path.endsWith(sep) ? path : `${path}${sep}`);
  const runtime = "deno" in versions
    ? [...DENO_FLAGS, `--allow-read=${readable.join(",")}`]
    : [...NODE_FLAGS, ...readable.map((path) => `--allow-fs-read=${path}*`)];
  if (platform !== "linux") return [execPath, ...runtime, program];
  const prlimit = findPrlimit();
  if (prlimit === null) {
    throw new SandboxError("TIER_UNAVAILABLE", "Cannot read component: the program prlimit is missing", {
      hint: "install the package util-linux",
    });
  }
  return [prlimit, "--core=0", "--nofile=256", `--data=${DATA_BYTES}`, "--", execPath, ...runtime, program];
}

function packageRoot(): string {
  const up = import.meta.url.endsWith(".ts") ? "../../../" : "../../../../";
  return realpathSync(fileURLToPath(new URL(up, import.meta.url)));
}

// The outermost folder of modules that holds the transpiler: what it needs itself may lie beside it.
function modulesRoot(): string {
  const path = realpathSync(createRequire(import.meta.url).resolve("@bytecodealliance/jco-transpile/component"));
  const parts = path.split(sep);
  return parts.slice(0, parts.indexOf("node_modules") + 1).join(sep);
}
