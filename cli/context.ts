import type { Approver, Clock, Random, Timers } from "../core/mod.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Keyboard } from "./term/keyboard.ts";

/** Which of the standard streams a person's terminal is at the other end of. */
export interface TtyFacts {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Cells in a line; 80 when unknown. */
  readonly columns: number;
  readonly rows: number;
}

/**
 * The only way to the standard streams. stdout is the result, stderr is progress. Every text passes the sanitiser, so
 * callers hand over untrusted text as it is.
 */
export interface Output {
  /** Prints the one JSON object of a command, or one line of a JSON stream, on stdout. */
  json(value: unknown): void;
  /** Prints a result for people on stdout; ends it with a line feed. Not for `--json`. */
  text(text: string): void;
  /** Prints a piece of a streamed result on stdout, without a line feed of its own. */
  partial(text: string): void;
  /** Prints rows in columns on stdout. */
  table(rows: readonly (readonly string[])[]): void;
  /** Prints progress or a notice on stderr; ends it with a line feed. */
  note(text: string): void;
  /** Prints a failure: with `--json` the error object on stdout, else `error: … why: … do: …` on stderr. */
  error(cause: unknown): void;
  /** Prints a failure that is part of a result on stderr: what happened, why, what to do. */
  failure(
    failure: { readonly code: string; readonly message: string; readonly hint: string | null },
    why: string | null,
  ): void;
  /** Writes bytes that are a document of ours (completions, schema, export) to stdout unchanged. */
  raw(text: string | Uint8Array): void;
  /** Resolves when everything printed has left the process. */
  flush(): Promise<void>;
  /** Masks failures from now on, stacks included: what threw them may have quoted a value. */
  maskWith(mask: (text: string) => string): void;
}

/** The person at the terminal. Exists only while stdin and stderr are terminals; questions go to stderr. */
export interface Terminal {
  /** Asks one line; `null` for Ctrl+C, Ctrl+D or the end of input. */
  line(question: string): Promise<string | null>;
  /** Asks one line without echo; `null` for Ctrl+C, Ctrl+D or the end of input. The caller wipes the bytes. */
  hidden(question: string): Promise<Uint8Array | null>;
  /** Asks `question [y/N]`; Enter, Ctrl+C and the end of input are no. */
  confirm(question: string): Promise<boolean>;
  /** Asks about tool calls, see `term/approve.ts`. */
  readonly approver: Approver;
  readonly keyboard: Keyboard;
  /** Writes to the screen (stderr) as it is: only for lines that were sanitised. */
  write(text: string): void;
  /** Cells in a line now. */
  columns(): number;
  /** Lines of the screen now. */
  rows(): number;
  /** Calls `run` after the size has changed, until the returned function is called. */
  onResize(run: () => void): () => void;
}

/** The ports to the machine that a command may use. */
export interface SystemPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  /** The process environment without what must not be inherited; read-only. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The process environment itself: only for taking declared secrets out of it. */
  readonly processEnv: Record<string, string | undefined>;
  /** The passphrase from `AGENTZERO_PASSPHRASE`, once; it is no longer in the environment. */
  takePassphrase(): string | null;
}

/** What every command gets. */
export interface CommandContext {
  /** Real path of `--cwd`, or of the process's working folder. */
  readonly cwd: string;
  /** `--home`, `$AGENTZERO_HOME` or `~/.agentzero`: absolute, not yet checked nor made (see `openHome()`). */
  readonly home: string;
  /** The person's own home folder, real path. */
  readonly userHome: string;
  /** `true` with `--json`. */
  readonly json: boolean;
  readonly output: Output;
  readonly tty: TtyFacts;
  /** `null` without a terminal: then never ask. */
  readonly terminal: Terminal | null;
  readonly system: SystemPorts;
  /**
   * Gives the passphrase of the keys: from `--passphrase-file`, `AGENTZERO_PASSPHRASE` or the terminal; `null` without one.
   *
   * @throws {CliError} `INPUT_INVALID` for a passphrase file that others may read, a link, or an empty one.
   */
  passphrase(): Promise<string | null>;
  /** Aborts on SIGINT, SIGTERM, SIGHUP and when stdout is closed. */
  readonly signal: AbortSignal;
  /**
   * Reads all of stdin.
   *
   * @throws {CliError} `INPUT_TOO_LARGE` above `maxBytes`, `INTERRUPTED` on a signal.
   */
  readStdin(maxBytes: number): Promise<Uint8Array>;
  /** The same, where input is only on offer: `null` when no byte has arrived after `firstByteMs`. */
  offeredStdin(maxBytes: number, firstByteMs: number): Promise<Uint8Array | null>;
  /**
   * Registers work that must be done before the process ends, also after a signal (close the audit, restore the
   * terminal). Runs in reverse order, once. The returned function takes it out again.
   */
  onExit(work: () => Promise<void> | void): () => void;
}

/** Arguments and options as they stood on the command line, decoded without casts. */
export interface CommandInput {
  /** The positional argument at `index`, or `undefined`. */
  arg(index: number): string | undefined;
  /** The words of a variadic argument at `index`. */
  rest(index: number): readonly string[];
  /** `true` when `--name` was given; names are camel-cased as commander does (`maxTurns`). */
  flag(name: string): boolean;
  /** The value of `--name VALUE`, or `undefined`. */
  option(name: string): string | undefined;
  /** All values of a repeatable option. */
  options(name: string): readonly string[];
}

/** The implementation of one command. Failures are thrown as `AgentZeroError`; a denial is an exit code. */
export type CommandRun = (context: CommandContext, input: CommandInput) => Promise<ExitCode | void>;

/** What is special about a command. */
export interface ActionKind {
  /** `true` for a server: a signal is how it is told to end, and no interruption. */
  readonly endsWell: boolean;
}

/**
 * What a command is registered with.
 *
 * Each `cli/commands/<name>.ts` exports `register(program: Command, frame: Frame): void`. It declares words and options
 * only; the work is imported when the command runs:
 *
 * ```ts
 * export function register(program: Command, frame: Frame): void {
 *   program.command("status").description("…").addHelpText("after", examples("agentzero policy status --json"))
 *     .action(frame.action(async () => (await import("./policy/status.ts")).policyStatus));
 * }
 * ```
 * `--json`, `--cwd DIR` and `--home DIR` are known everywhere: do not declare them again.
 */
export interface Frame {
  /** Makes commander's action of a lazily imported implementation: builds the context, runs, prints failures. */
  action(load: () => Promise<CommandRun>, kind?: ActionKind): (...given: unknown[]) => Promise<void>;
}

/**
 * Formats examples for `addHelpText("after", …)`; every command has at least one.
 *
 * @param lines Command lines.
 * @returns The help section.
 */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
