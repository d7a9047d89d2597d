import type { CommandContext, Frame, SystemPorts } from "./context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { commandInput } from "./input.ts";
import { errorObject } from "./output/error.ts";
import { createOutput } from "./output/output.ts";
import { readPassphrase } from "./passphrase.ts";
import { resolveAgentHome, resolveCwd, resolveUserHome } from "./paths.ts";
import { systemClock } from "./system/clock.ts";
import type { ProcessHost } from "./system/process-host.ts";
import { systemRandom } from "./system/random.ts";
import { readStream } from "./system/stdin.ts";
import { systemTimers } from "./system/timers.ts";
import { styleFor } from "./term/style.ts";

/** The frame of one command line, and how it ended. */
export interface CommandFrame extends Frame {
  /** What the process should end with, after the action has run. */
  readonly exit: ExitCode;
}

/**
 * Creates what commands are registered with: it builds their context, runs them and prints their failure.
 *
 * @param host The process.
 * @returns The frame.
 */
export function createFrame(host: ProcessHost): CommandFrame {
  let exit: ExitCode = EXIT.ok;
  return {
    get exit(): ExitCode {
      return exit;
    },
    action(load, kind) {
      return async (...given) => {
        const options = optionsOf(given);
        const json = options["json"] === true;
        const output = createOutput({
          stdout: host.stdout,
          stderr: host.stderr,
          json: json || options["output"] === "json" || options["output"] === "stream-json",
          terminal: host.tty.stdout,
          columns: host.tty.columns,
          style: styleFor(host.environment.variables, host.tty.stderr),
          debug: isSet(host.environment.variables["AGENTZERO_DEBUG"]),
        });
        try {
          const context = await buildContext(host, { options, output });
          const run = await load();
          exit = await run(context, commandInput(given, options)) ?? EXIT.ok;
        } catch (cause) {
          output.error(cause);
          exit = exitCodeOf(errorObject(cause).error.code);
        }
        // Whatever a command made of it: a signal that it outlived is still an interruption; damage outranks it.
        const interrupted = host.signal.aborted && kind?.endsWell !== true;
        if (interrupted && host.signal.reason !== "EPIPE" && exit !== EXIT.integrity) exit = EXIT.interrupted;
      };
    },
  };
}

async function buildContext(
  host: ProcessHost,
  parts: { readonly options: Readonly<Record<string, unknown>>; readonly output: CommandContext["output"] },
): Promise<CommandContext> {
  const { options, output } = parts;
  const env = host.environment.variables;
  const userHome = resolveUserHome(env);
  const terminal = host.tty.stdin && host.tty.stderr ? await openTerminal(host) : null;
  const system: SystemPorts = {
    clock: systemClock,
    random: systemRandom,
    timers: systemTimers,
    env,
    processEnv: host.environment.process,
    takePassphrase: () => host.environment.takePassphrase(),
  };
  const cwd = resolveCwd(stringOf(options["cwd"]));
  return {
    cwd,
    home: resolveAgentHome(stringOf(options["home"]), env, userHome),
    userHome,
    json: options["json"] === true,
    output,
    tty: host.tty,
    terminal,
    system,
    passphrase: () => readPassphrase({ file: stringOf(options["passphraseFile"]), cwd, system, terminal }),
    signal: host.signal,
    readStdin: async (maxBytes) =>
      await readStream(host.stdin, { maxBytes, firstByteMs: null }, host.signal) ?? new Uint8Array(0),
    offeredStdin: (maxBytes, firstByteMs) => readStream(host.stdin, { maxBytes, firstByteMs }, host.signal),
    onExit: (work) => host.onExit(work),
  };
}

async function openTerminal(host: ProcessHost): Promise<CommandContext["terminal"]> {
  const [{ createTerminal }, { createKeyboard }, { jobControl }] = await Promise.all([
    import("./term/ask.ts"),
    import("./term/keyboard.ts"),
    import("./system/job-control.ts"),
  ]);
  return createTerminal({
    keyboard: createKeyboard(host, jobControl),
    timers: systemTimers,
    signal: host.signal,
    write: (text) => void host.stderr.write(text),
    columns: () => host.columns(),
    rows: () => host.rows(),
    onResize: (run) => host.onResize(run),
    style: styleFor(host.environment.variables, true),
  });
}

/** commander calls an action with the arguments, the options and the command itself, which knows the global options. */
function optionsOf(given: readonly unknown[]): Readonly<Record<string, unknown>> {
  const command = given.at(-1);
  if (
    typeof command === "object" && command !== null && "optsWithGlobals" in command &&
    typeof command.optsWithGlobals === "function"
  ) {
    const options: unknown = command.optsWithGlobals();
    if (isRecord(options)) return options;
  }
  return {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
