import { resolve } from "node:path";
import { ndJsonStream } from "@agentclientprotocol/sdk";
import { type Timers, toHex } from "../../core/mod.ts";
import type { CommandContext, CommandInput } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { sanitizeLine } from "../term/sanitize.ts";
import { type Mask, unmasked } from "./acp-error.ts";
import { failureLines } from "./failure-lines.ts";
import { inOrder } from "./in-order.ts";
import { readAhead } from "./protocol-in.ts";
import { takeStdout } from "./protocol-out.ts";
import { createV1 } from "./v1.ts";

/** Far above our own caps; a larger message ends the connection. */
const MAX_MESSAGE_BYTES = 16 * 1_048_576;
/** How often the parent is looked after. */
const PARENT_MS = 2_000;
/** How long a client may take to read what was sent last. */
const LAST_WORDS_MS = 500;

/** Serves the Agent Client Protocol on stdio: the command `acp`. */
export async function runAcp(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  if (input.flag("setup")) {
    const { runSetup } = await import("./setup.ts");
    return await runSetup(context, input);
  }
  const { clock, random, timers } = context.system;
  // What may be printed is known with the first session; before that there is no secret to print.
  let mask: Mask = unmasked;
  function log(text: string): void {
    printLine(masked(mask, text));
  }
  const debug = isSet(context.system.env["AGENTZERO_DEBUG"]);
  function tell(cause: unknown, own: Mask): void {
    for (const line of failureLines(cause, own, debug)) printLine(line);
  }
  takeConsole(log);
  const out = takeStdout(process.stdout, log);
  function newId(): string {
    return toHex(random.bytes(8));
  }
  const script = input.option("script");
  const model = {
    provider: input.option("provider"),
    name: input.option("model"),
    script: script === undefined ? undefined : resolve(context.cwd, script),
  };
  const v1 = createV1({
    desk: async (host) => {
      const { createSessionDesk } = await import("./session-desk.ts");
      const desk = createSessionDesk({ context, host, model, newId, log, tell });
      ({ mask } = desk);
      return desk;
    },
    random,
    timers,
    now: () => clock.mono(),
    newId,
    log,
    tell,
  });
  const given = readAhead(process.stdin, MAX_MESSAGE_BYTES);
  const messages = ndJsonStream(out.stream, given.stream, { maxMessageBytes: MAX_MESSAGE_BYTES });
  const connection = v1.app.connect(inOrder(messages, () => waited(timers, 0)));
  // Whoever reads answers gets those to the last messages, too.
  const over = given.ended.then(() => waited(timers, LAST_WORDS_MS));
  await Promise.race([connection.closed, over, aborted(context.signal), orphaned(timers)]);
  await v1.close();
  connection.close();
  await out.release(LAST_WORDS_MS);
  if (!given.tooLong) return EXIT.ok;
  log(`a message had more than ${MAX_MESSAGE_BYTES} bytes: the connection is closed`);
  return EXIT.failed;
}

/** One line for the log of the editor. */
function printLine(text: string): void {
  process.stderr.write(`agentzero: ${sanitizeLine(text).slice(0, 400)}\n`);
}

/** stdout belongs to the protocol: whatever a library prints goes to stderr. */
function takeConsole(log: (text: string) => void): void {
  for (const name of ["log", "info", "debug", "trace", "dir", "table", "warn", "error"] as const) {
    console[name] = (...parts: unknown[]): void => log(parts.map(wordsOf).join(" "));
  }
}

/** What a library prints beside its words are small objects of fields, which `String` would not show. */
function wordsOf(part: unknown): string {
  if (typeof part !== "object" || part === null || part instanceof Error) return String(part);
  try {
    return JSON.stringify(part);
  } catch {
    return "(an object)";
  }
}

function masked(mask: Mask, text: string): string {
  try {
    return mask(text);
  } catch {
    return "(withheld: masking failed)";
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}

function waited(timers: Timers, ms: number): Promise<void> {
  return new Promise((done) => void timers.after(ms, done));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** An editor that died without closing its pipes leaves us to another parent. */
function orphaned(timers: Timers): Promise<void> {
  const parent = process.ppid;
  return new Promise((done) => {
    function look(): void {
      if (process.ppid === parent) timers.after(PARENT_MS, look);
      else done();
    }
    timers.after(PARENT_MS, look);
  });
}
