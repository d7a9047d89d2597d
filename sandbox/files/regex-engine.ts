import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { FIXED } from "../limits.ts";

/** One matching line of a batch. */
export interface BatchHit {
  /** Which text. */
  readonly text: number;
  /** From 1. */
  readonly line: number;
  readonly content: string;
}

/** An expression that runs off the main thread. */
export interface RegexEngine {
  /**
   * Finds matching lines.
   *
   * @param texts Texts to look through.
   * @param max Hits at most.
   * @param leftMs Time left; after it the engine is ended and `LIMIT_TIME` thrown.
   */
  find(texts: readonly string[], max: number, leftMs: number): Promise<readonly BatchHit[]>;
  close(): void;
}

/** The running program behind an engine. */
interface Helper {
  send(job: object): void;
  onReply(handle: (reply: unknown) => void): void;
  onEnd(handle: () => void): void;
  end(): void;
}

/**
 * Starts an engine for one expression: a worker on Node, a child process without permissions on Deno.
 *
 * @param deps Timers and the runtime.
 * @param pattern A JavaScript regular expression of at most 1 KiB.
 * @returns The engine; the caller closes it.
 * @throws {SandboxError} `PATTERN_INVALID`.
 */
export function createRegexEngine(deps: SandboxDeps, pattern: string): RegexEngine {
  const unicode = compiles(pattern);
  let helper: Helper | null = null;
  let id = 0;
  return {
    find(texts, max, leftMs) {
      const current = helper ??= deps.facts.runtime === "deno" ? startChild(deps.facts.execPath) : startWorker();
      const job = { id: ++id, pattern, unicode, lineBytes: FIXED.lineBytes, texts, max };
      return new Promise((resolve, reject) => {
        const cancel = deps.timers.after(Math.max(1, leftMs), () => {
          // Threat: an expression that backtracks for ever. It runs elsewhere and is ended from here.
          current.end();
          helper = null;
          reject(
            new SandboxError("LIMIT_TIME", "Cannot search: the expression takes too long", {
              hint: "simplify it, or pass literal: true",
            }),
          );
        });
        current.onEnd(() => {
          cancel();
          reject(new SandboxError("SANDBOX_FAILED", "Cannot search: the helper that runs the expression ended"));
        });
        current.onReply((reply) => {
          cancel();
          resolve(decodeReply(reply, job.id));
        });
        current.send(job);
      });
    },
    close() {
      helper?.end();
      helper = null;
    },
  };
}

// `u` refuses sloppy escapes that people and models write all the same; then it is compiled without.
function compiles(pattern: string): boolean {
  if (Buffer.byteLength(pattern) > FIXED.patternBytes) {
    throw new SandboxError("PATTERN_INVALID", `Cannot search: the pattern is longer than ${FIXED.patternBytes} bytes`);
  }
  try {
    void new RegExp(pattern, "u");
    return true;
  } catch {
    try {
      void new RegExp(pattern);
      return false;
    } catch (cause) {
      throw new SandboxError(
        "PATTERN_INVALID",
        `Cannot search: ${cause instanceof Error ? cause.message : "the pattern is invalid"}`,
        {
          hint: "escape special characters, or pass literal: true",
          cause,
        },
      );
    }
  }
}

function decodeReply(reply: unknown, id: number): readonly BatchHit[] {
  if (typeof reply !== "object" || reply === null || !("id" in reply) || reply.id !== id || !("hits" in reply)) {
    return [];
  }
  const hits: BatchHit[] = [];
  for (const hit of Array.isArray(reply.hits) ? reply.hits : []) {
    if (!Array.isArray(hit)) continue;
    const [text, line, content]: unknown[] = hit;
    if (typeof text === "number" && typeof line === "number" && typeof content === "string") {
      hits.push({ text, line, content });
    }
  }
  return hits;
}

// `tsc` leaves URLs alone: in the package the helper ends with `.js`, like this file.
function helperUrl(): URL {
  return new URL(`./regex-helper${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}

function startWorker(): Helper {
  const worker = new Worker(helperUrl(), { env: {}, execArgv: [], stdin: false });
  // A worker that failed says so by ending.
  worker.on("error", () => {});
  return {
    send: (job) => worker.postMessage(job),
    onReply: (handle) => void worker.removeAllListeners("message").on("message", handle),
    onEnd: (handle) => void worker.removeAllListeners("exit").on("exit", handle),
    end: () => void worker.removeAllListeners("exit").terminate(),
  };
}

function startChild(execPath: string): Helper {
  const args = [
    "run",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--quiet",
    fileURLToPath(helperUrl()),
  ];
  const child = spawn(execPath, args, { env: {}, stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout });
  return {
    send: (job) => void child.stdin.write(`${JSON.stringify(job)}\n`),
    onReply: (handle) => void lines.removeAllListeners("line").on("line", (line) => handle(parse(line))),
    onEnd: (handle) => void child.removeAllListeners("exit").on("exit", handle),
    end: () => void child.removeAllListeners("exit").kill("SIGKILL"),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
