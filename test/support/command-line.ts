import { dirname } from "node:path";
import { Readable, Writable } from "node:stream";
import { runCommandLine } from "../../cli/main.ts";

/** How a command line ended. */
export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one object on stdout. */
  json(): Record<string, unknown>;
}

/** Runs one command line in this process, from the sources and without a terminal. */
export async function runHere(
  words: readonly string[],
  at: { readonly project: string; readonly home: string; readonly input?: string },
): Promise<Said> {
  const [out, err] = [new Sink(), new Sink()];
  const exit = await runCommandLine([...words, "--cwd", at.project], {
    stdin: Readable.from(at.input === undefined ? [] : [Buffer.from(at.input)]),
    stdout: out,
    stderr: err,
    tty: { stdin: false, stdout: false, stderr: false, columns: 100, rows: 40 },
    environment: {
      variables: { HOME: dirname(at.home), AGENTZERO_HOME: at.home },
      process: {},
      takePassphrase: () => null,
    },
    signal: new AbortController().signal,
    columns: () => 100,
    rows: () => 40,
    onResize: () => () => undefined,
    onExit: () => () => undefined,
    end: () => Promise.resolve(),
  });
  return {
    exit,
    stdout: out.text,
    stderr: err.text,
    json: () => JSON.parse(out.text) as Record<string, unknown>,
  };
}

class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
