import { type ChildProcess, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { SandboxError } from "../errors.ts";
import { FD } from "./args.ts";
import { strayDescriptors } from "./stray-descriptors.ts";
import { type Programs, supervisorArgv } from "./supervisor.ts";

/** A shell that waits to be told what to run, with all its pipes. */
export interface Supervisor {
  /** Process id; its mount namespace will hold the staged view. */
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
  readonly script: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly args: Writable;
  readonly status: Readable;
  readonly control: Writable;
  readonly seccomp: Writable;
  readonly block: Writable;
  readonly stdin: Writable;
  /** Has it ended already? */
  readonly ended: boolean;
  /** Kills it. */
  kill(): void;
  /** Whether it keeps this process alive. */
  hold(held: boolean): void;
}

const PIPES = FD.stdin + 1;

/**
 * Starts a supervisor with an empty environment, in a process group of its own.
 *
 * @param programs Where the programs are.
 * @param own In namespaces of its own?
 * @returns The supervisor; it runs nothing before it gets a script.
 * @throws {SandboxError} `SANDBOX_FAILED` when it could not be started.
 */
export async function startSupervisor(programs: Programs, own: boolean): Promise<Supervisor> {
  const child = start(supervisorArgv(programs, own));
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      ended = true;
      resolve();
    });
  });
  const streams = {
    script: writable(child.stdio[0]),
    stdout: readable(child.stdio[1]),
    stderr: readable(child.stdio[2]),
    args: writable(child.stdio[FD.args]),
    status: readable(child.stdio[FD.status]),
    control: writable(child.stdio[FD.control]),
    seccomp: writable(child.stdio[FD.seccomp]),
    block: writable(child.stdio[FD.block]),
    stdin: writable(child.stdio[FD.stdin]),
  };
  return {
    ...streams,
    pid: await pidOf(child),
    gone,
    get ended(): boolean {
      return ended;
    },
    kill: () => void child.kill("SIGKILL"),
    hold(held) {
      for (const part of [child, ...Object.values(streams)]) {
        if (held) refOf(part, "ref");
        else refOf(part, "unref");
      }
    },
  };
}

function refOf(part: object, name: "ref" | "unref"): void {
  const method: unknown = Reflect.get(part, name);
  if (typeof method === "function") Reflect.apply(method, part, []);
}

function start([program = "", ...args]: readonly string[]): ChildProcess {
  const stray = strayDescriptors();
  const stdio: "pipe"[] = Array.from({ length: PIPES }, () => "pipe");
  // Threat: an open file or terminal of whoever started us. `ignore` leaves it open in the child; a pipe covers it.
  for (const fd of stray) stdio[fd] = "pipe";
  const full = Array.from({ length: stdio.length }, (_, fd) => stdio[fd] ?? "ignore");
  // Threat: host variables. The first process inside shows the environment it was started with.
  const child = spawn(program, args, { cwd: "/", env: {}, stdio: full, detached: true });
  for (const fd of stray) if (fd >= PIPES) child.stdio[fd]?.destroy();
  return child;
}

function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once(
      "error",
      (cause) => reject(new SandboxError("SANDBOX_FAILED", `Cannot start sandbox: ${cause.message}`, { cause })),
    );
    if (child.pid !== undefined) resolve(child.pid);
  });
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
