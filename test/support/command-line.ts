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

/** Where a command line runs, and what is on its standard input. */
export interface Here {
  readonly project: string;
  readonly home: string;
  readonly input?: string;
  /** Somebody at a terminal: gets what is on the screen, says what is typed before Enter. */
  readonly person?: (screen: string) => string;
}

/** How long a person looks at a question: longer than the terminal drops keys for. */
const LOOK_MS = 500;

/** Runs one command line in this process, from the sources; without a terminal, unless a person is there. */
export async function runHere(words: readonly string[], at: Here): Promise<Said> {
  const [out, err] = [new Sink(), new Sink()];
  const { person } = at;
  const tty = person !== undefined;
  const exit = await runCommandLine([...words, "--cwd", at.project], {
    stdin: person === undefined
      ? Readable.from(at.input === undefined ? [] : [Buffer.from(at.input)])
      : new Typing(() => person(err.text), () => err.text.endsWith(NOT_COUNTED)),
    stdout: out,
    stderr: err,
    tty: { stdin: tty, stdout: tty, stderr: tty, columns: 100, rows: 40 },
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

/** The last words of an approval that has dropped keys, which come too early on a busy machine. */
const NOT_COUNTED = "once the question stands) ";

/** A keyboard: each time the terminal goes into raw mode, somebody reads, then types a line; once more if it was dropped. */
class Typing extends Readable {
  readonly #type: () => string;
  readonly #wasDropped: () => boolean;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(type: () => string, wasDropped: () => boolean) {
    super({ read() {} });
    this.#type = type;
    this.#wasDropped = wasDropped;
  }

  setRawMode(raw: boolean): void {
    clearInterval(this.#looking);
    if (!raw) return;
    let typed = false;
    this.#looking = setInterval(() => {
      if (typed && !this.#wasDropped()) return;
      typed = true;
      this.push(this.#type());
      // Enter on its own: what arrives with a text is part of what was pasted.
      setTimeout(() => this.push("\r"), LOOK_MS / 10);
    }, LOOK_MS);
  }
}

class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
