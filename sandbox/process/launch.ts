import { type ChildProcess, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { SandboxError } from "../errors.ts";
import { FD } from "./args.ts";
import { createStatusReader, type RunStatus } from "./status-reader.ts";
import { strayDescriptors } from "./stray-descriptors.ts";

/** What is started. */
export interface Launch {
  readonly argv: readonly string[];
  /** Folder of the supervisor: the stage. */
  readonly cwd: string;
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
 * Starts the supervisor with an empty environment, in a process group of its own, with its pipes.
 *
 * @param launch What is started.
 * @returns The run.
 * @throws {SandboxError} `SANDBOX_FAILED` when nothing could be started.
 */
export async function launch(plan: Launch): Promise<Launched> {
  const child = start(plan);
  const streams = streamsOf(child, plan);
  const reader = createStatusReader();
  let announced = false;
  streams.status.on("data", (chunk: Uint8Array) => {
    reader.push(chunk);
    const { childPid } = reader.status;
    if (announced || childPid === null) return;
    announced = true;
    plan.onChild(childPid);
  });
  streams.stdout.on("data", (chunk: Uint8Array) => plan.onOutput("stdout", chunk));
  streams.stderr.on("data", (chunk: Uint8Array) => plan.onOutput("stderr", chunk));
  const gone = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const ended = allFinished([streams.status, streams.stdout, streams.stderr]);
  const pid = await started(child);
  send(streams.args, plan.args);
  if (streams.seccomp !== null && plan.seccomp !== null) send(streams.seccomp, plan.seccomp.slice());
  if (streams.stdin !== null && plan.stdin !== null) streams.stdin.end(plan.stdin);
  function order(text: string): void {
    if (!streams.control.destroyed) streams.control.write(text);
  }
  return {
    pid,
    get status(): RunStatus {
      return reader.status;
    },
    ended,
    terminate() {
      const { childPid } = reader.status;
      if (childPid !== null) order(`t ${childPid}\n`);
    },
    kill: () => order("k\n"),
    release: () => void streams.block?.end("go"),
    async close() {
      streams.control.end();
      await gone;
    },
    force: () => void child.kill("SIGKILL"),
  };
}

interface Streams {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly args: Writable;
  readonly status: Readable;
  readonly control: Writable;
  readonly seccomp: Writable | null;
  readonly block: Writable | null;
}

function start(plan: Launch): ChildProcess {
  const [program, ...args] = plan.argv;
  if (program === undefined) throw new SandboxError("SANDBOX_FAILED", "Cannot start sandbox: no program");
  const stray = strayDescriptors();
  const stdio: ("pipe" | "ignore")[] = [
    plan.stdin === null ? "ignore" : "pipe",
    "pipe",
    "pipe",
    "pipe",
    "pipe",
    "pipe",
  ];
  stdio[FD.seccomp] = plan.seccomp === null ? "ignore" : "pipe";
  stdio[FD.block] = plan.block ? "pipe" : "ignore";
  // Threat: an open file or terminal of whoever started us. `ignore` leaves it open in the child; a pipe covers it.
  for (const fd of stray) stdio[fd] = "pipe";
  const full = Array.from({ length: stdio.length }, (_, fd) => stdio[fd] ?? "ignore");
  // Threat: host variables. The first process inside shows the environment it was started with.
  const child = spawn(program, args, { cwd: plan.cwd, env: {}, stdio: full, detached: true });
  for (const fd of stray) if (!used(fd, plan)) child.stdio[fd]?.destroy();
  return child;
}

function used(fd: number, plan: Launch): boolean {
  if (fd === FD.seccomp) return plan.seccomp !== null;
  if (fd === FD.block) return plan.block;
  return fd < FD.seccomp;
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once(
      "error",
      (cause) => reject(new SandboxError("SANDBOX_FAILED", `Cannot start sandbox: ${cause.message}`, { cause })),
    );
    if (child.pid !== undefined) resolve(child.pid);
  });
}

function streamsOf(child: ChildProcess, plan: Launch): Streams {
  return {
    stdin: plan.stdin === null ? null : writable(child.stdio[0]),
    stdout: readable(child.stdio[1]),
    stderr: readable(child.stdio[2]),
    args: writable(child.stdio[FD.args]),
    status: readable(child.stdio[FD.status]),
    control: writable(child.stdio[FD.control]),
    seccomp: plan.seccomp === null ? null : writable(child.stdio[FD.seccomp]),
    block: plan.block ? writable(child.stdio[FD.block]) : null,
  };
}

function readable(stream: Readable | Writable | null | undefined): Readable {
  if (!(stream instanceof Readable)) {
    throw new SandboxError("SANDBOX_FAILED", "Cannot start sandbox: a pipe is missing");
  }
  stream.on("error", () => {});
  return stream;
}

function writable(stream: Readable | Writable | null | undefined): Writable {
  if (!(stream instanceof Writable)) {
    throw new SandboxError("SANDBOX_FAILED", "Cannot start sandbox: a pipe is missing");
  }
  // A child that is gone breaks its pipes; how it ended is said by the status.
  stream.on("error", () => {});
  return stream;
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
