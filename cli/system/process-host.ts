import { fstatSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { TtyFacts } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { cleanEnvironment, type Environment } from "./environment.ts";
import { switchReportsOff } from "./no-reports.ts";
import { listenForSignals } from "./signals.ts";

/** A stream that may be a terminal. */
export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** The process as the command line sees it. */
export interface ProcessHost {
  readonly stdin: InputStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly tty: TtyFacts;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Cells in a line of the terminal now. */
  columns(): number;
  /** Lines of the terminal now. */
  rows(): number;
  /** Calls `run` after the size of the terminal has changed, until the returned function is called. */
  onResize(run: () => void): () => void;
  /** Registers work to be done before the process ends; the returned function takes it out again. */
  onExit(work: () => Promise<void> | void): () => void;
  /** Does the registered work, latest first, then ends the process once everything printed has left it. */
  end(exit: ExitCode): Promise<void>;
}

/** How long a command may take to end in good order after a signal. */
const GRACE_MS = 5_000;
/** How long the last work may take. */
const LAST_WORK_MS = 3_000;

/**
 * Takes charge of the process: cleans the environment, listens for signals, watches for a closed stdout.
 *
 * @returns The host.
 */
export function openProcessHost(): ProcessHost {
  switchReportsOff(process.report);
  const environment = cleanEnvironment(process.env);
  const work = new Set<() => Promise<void> | void>();
  let ending: Promise<void> | null = null;
  /** Why output did not reach its reader, e.g. `ENOSPC`. */
  let lost: string | null = null;
  /** Streams that were given up: the runtimes do not keep that standard ones were destroyed. */
  const gone = new Set<Writable>();

  async function runLastWork(): Promise<void> {
    for (const step of [...work].toReversed()) {
      try {
        await step();
      } catch {
        // The process ends anyway; the other steps still get their turn.
      }
    }
    work.clear();
  }

  async function finish(exit: ExitCode): Promise<void> {
    await within(LAST_WORK_MS, runLastWork());
    // A slow reader gets all of it, however long it takes; a further signal ends the wait.
    await Promise.all([flushed(process.stdout, 1, gone), flushed(process.stderr, 2, gone)]);
    // What could not be written ended the command, too: that is no interruption.
    if (lost === null || (exit !== EXIT.ok && exit !== EXIT.interrupted)) process.exit(exit);
    // A result that was not stored must not look like one.
    process.stderr.write(`error: Cannot write the result: ${lost}\n  do:  check where standard output goes\n`);
    process.exit(EXIT.failed);
  }

  function end(exit: ExitCode): Promise<void> {
    ending ??= finish(exit);
    return ending;
  }

  function insist(): void {
    if (ending !== null) process.exit(EXIT.interrupted);
    void end(EXIT.interrupted);
  }

  const signals = listenForSignals(insist);
  signals.signal.addEventListener("abort", () => {
    if (signals.signal.reason !== "EPIPE") setTimeout(insist, GRACE_MS).unref();
  });
  for (const stream of [process.stdout, process.stderr]) {
    tellFailures(stream);
    // A reader that went away (`| head`) ends the command; there is nobody to tell.
    stream.on("error", (cause) => {
      if (!("code" in cause && cause.code === "EPIPE")) lost ??= "code" in cause ? String(cause.code) : cause.name;
      signals.abort("EPIPE");
    });
    stream.once("close", () => gone.add(stream));
  }
  process.on("unhandledRejection", (cause) => crash(cause, end));
  process.on("uncaughtException", (cause) => crash(cause, end));

  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    tty: ttyFacts(),
    environment,
    signal: signals.signal,
    columns: () => ttyFacts().columns,
    rows: () => ttyFacts().rows,
    onResize(run): () => void {
      process.on("SIGWINCH", run);
      return () => void process.off("SIGWINCH", run);
    },
    onExit(step): () => void {
      work.add(step);
      return () => void work.delete(step);
    },
    end,
  };
}

/** Deno throws a write to a full disk at whoever writes, in the middle of a session; Node tells it as an event. */
function tellFailures(stream: Writable): void {
  const write = stream.write.bind(stream);
  stream.write = (...args: unknown[]): boolean => {
    try {
      return Boolean(Reflect.apply(write, undefined, args));
    } catch (cause) {
      stream.emit("error", cause);
      return false;
    }
  };
}

function ttyFacts(): TtyFacts {
  const size = process.stdout.isTTY ? process.stdout : process.stderr;
  return {
    stdin: isTerminal(process.stdin),
    stdout: isTerminal(process.stdout),
    stderr: isTerminal(process.stderr),
    columns: size.columns > 0 ? size.columns : 80,
    rows: size.rows > 0 ? size.rows : 24,
  };
}

/** Node leaves the mark out where there is no terminal. */
function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

function crash(cause: unknown, end: (exit: ExitCode) => Promise<void>): void {
  process.stderr.write("error: Cannot go on: an unexpected failure inside agentzero\n");
  const trace = process.env["AGENTZERO_DEBUG"];
  if (trace !== undefined && trace !== "" && cause instanceof Error) process.stderr.write(`${cause.stack ?? ""}\n`);
  else process.stderr.write("  do:  run again with AGENTZERO_DEBUG=1 to see where, and report it\n");
  void end(EXIT.failed);
}

async function flushed(stream: Writable, fd: number, gone: ReadonlySet<Writable>): Promise<void> {
  // Failures of earlier writes are told between two turns of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  // Files and terminals are written at once; what did not fit there never will.
  if (gone.has(stream) || stream.destroyed || stream.writableLength === 0 || !isPipe(fd)) return;
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.once("close", () => resolve());
    stream.write("", () => resolve());
  });
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    void work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
