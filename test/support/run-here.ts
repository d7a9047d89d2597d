import { PassThrough } from "node:stream";
import { runCommandLine } from "../../cli/main.ts";
import type { ProcessHost } from "../../cli/system/process-host.ts";

/** How a command line ended that ran in this process. */
export interface RanHere {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line in this process: everything but the process itself, and much faster than a new one.
 *
 * @param words The command line after the program.
 * @param at Folder, home of the installation, and text on stdin.
 */
export async function runHere(
  words: readonly string[],
  at: { readonly cwd: string; readonly home: string; readonly me: string; readonly input?: string },
): Promise<RanHere> {
  const stdin = new PassThrough();
  stdin.end(at.input ?? "");
  const stdout = collector();
  const stderr = collector();
  const variables = { HOME: at.me, AGENTZERO_HOME: at.home, PATH: process.env["PATH"] };
  const work = new Set<() => Promise<void> | void>();
  const host: ProcessHost = {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    tty: { stdin: false, stdout: false, stderr: false, columns: 80, rows: 24 },
    environment: { variables, process: {}, takePassphrase: () => null },
    signal: new AbortController().signal,
    columns: () => 80,
    rows: () => 24,
    onResize: () => () => undefined,
    onExit(step) {
      work.add(step);
      return () => void work.delete(step);
    },
    end: () => Promise.resolve(),
  };
  const exit = await runCommandLine(["--cwd", at.cwd, ...words], host);
  // oxlint-disable-next-line no-await-in-loop -- latest first, as at the end of a process
  for (const step of [...work].toReversed()) await step();
  return { exit, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(): { readonly stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  const pieces: string[] = [];
  stream.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
  return {
    stream,
    text(): string {
      for (let piece: unknown = stream.read(); typeof piece === "string"; piece = stream.read()) pieces.push(piece);
      return pieces.join("");
    },
  };
}
