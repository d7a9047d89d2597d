import type { Readable, Writable } from "node:stream";
import type { Supervisor } from "./start-supervisor.ts";
import { createStatusReader, type RunStatus } from "./status-reader.ts";

/** What is started. */
export interface Launch {
  readonly supervisor: Supervisor;
  /** What the supervisor does. */
  readonly script: string;
  /** Options of bubblewrap, NUL-separated; overwritten once they are sent. */
  readonly args: Uint8Array;
  readonly seccomp: Uint8Array | null;
  readonly stdin: Uint8Array | null;
  readonly block: boolean;
  readonly onOutput: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  readonly onChild: (pid: number) => void;
}

/** A run under way. */
export interface Launched {
  /** Process id of the supervisor, whose mount namespace holds the staged view. */
  readonly pid: number;
  readonly status: RunStatus;
  /** Resolves when bubblewrap has ended and all output was read; never rejects. */
  readonly ended: Promise<void>;
  /** Sends SIGTERM to the command's group. */
  terminate(): void;
  /** Sends SIGKILL to bubblewrap; the whole process namespace dies with it. */
  kill(): void;
  /** Lets a blocked command go. */
  release(): void;
  /** Ends the supervisor; resolves when it is gone and the staged view unmounted. */
  close(): Promise<void>;
  /** Kills the supervisor, if it does not take orders any more. */
  force(): void;
}

/**
 * Tells a supervisor what to run and listens to it.
 *
 * @param plan What is started.
 * @returns The run.
 */
export function launch(plan: Launch): Launched {
  const { supervisor } = plan;
  const reader = createStatusReader();
  let announced = false;
  supervisor.status.on("data", (chunk: Uint8Array) => {
    reader.push(chunk);
    const { childPid } = reader.status;
    if (announced || childPid === null) return;
    announced = true;
    plan.onChild(childPid);
  });
  supervisor.stdout.on("data", (chunk: Uint8Array) => plan.onOutput("stdout", chunk));
  supervisor.stderr.on("data", (chunk: Uint8Array) => plan.onOutput("stderr", chunk));
  const ended = allFinished([supervisor.status, supervisor.stdout, supervisor.stderr]);
  send(supervisor.args, plan.args);
  if (plan.seccomp === null) supervisor.seccomp.destroy();
  else send(supervisor.seccomp, plan.seccomp.slice());
  if (plan.stdin === null) supervisor.stdin.destroy();
  else supervisor.stdin.end(plan.stdin);
  if (!plan.block) supervisor.block.destroy();
  supervisor.script.end(plan.script);
  function order(text: string): void {
    if (!supervisor.control.destroyed) supervisor.control.write(text);
  }
  return {
    pid: supervisor.pid,
    get status(): RunStatus {
      return reader.status;
    },
    ended,
    terminate() {
      const { childPid } = reader.status;
      if (childPid !== null) order(`t ${childPid}\n`);
    },
    kill: () => order("k\n"),
    release: () => void (plan.block ? supervisor.block.end("go") : null),
    async close() {
      supervisor.control.end();
      await supervisor.gone;
    },
    force: () => supervisor.kill(),
  };
}

async function allFinished(streams: readonly Readable[]): Promise<void> {
  await Promise.all(streams.map(finished));
}

function finished(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once("end", resolve);
    stream.once("close", resolve);
    stream.once("error", () => resolve());
  });
}

// The bytes may hold secret values: they are overwritten as soon as the pipe has them.
function send(stream: Writable, bytes: Uint8Array): void {
  stream.end(bytes, () => void bytes.fill(0));
}
