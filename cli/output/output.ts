import type { Writable } from "node:stream";
import type { Output } from "../context.ts";
import { debugText, type ErrorObject, errorObject, errorText } from "./error.ts";
import { jsonLine } from "./json.ts";
import { sanitize } from "../term/sanitize.ts";
import type { Style } from "../term/style.ts";
import { columns, columnsWithin, textLines } from "./text.ts";

/** Where output goes and how. */
export interface OutputOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly json: boolean;
  /** `true` when stdout is a person's terminal. */
  readonly terminal: boolean;
  /** Cells of that terminal's lines: tables are laid out for them. */
  readonly columns?: number;
  /** Colours of stderr. */
  readonly style: Style;
  /** `true` prints stacks of failures on stderr. */
  readonly debug: boolean;
}

/**
 * Creates the one way to the standard streams.
 *
 * @param options Streams and form.
 * @returns The output.
 */
export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr } = options;
  let mask = asItIs;
  return {
    json: (value) => void stdout.write(jsonLine(value, options.terminal)),
    text: (text) => void stdout.write(textLines(text)),
    partial: (text) => void stdout.write(sanitize(text)),
    table(rows): void {
      if (rows.length === 0) return;
      const fits = options.terminal && options.columns !== undefined;
      stdout.write(`${fits ? columnsWithin(rows, Math.max(40, options.columns ?? 0)) : columns(rows)}\n`);
    },
    note: (text) => void stderr.write(textLines(text)),
    failure: (failure, why) => void stderr.write(errorText({ v: 1, error: failure }, why, options.style)),
    error(cause): void {
      // Threat: a path, an answer or a stack that holds a value. Masked before the sanitiser could break it up.
      const failure = masked(errorObject(cause), mask);
      if (options.json) stdout.write(jsonLine(failure, options.terminal));
      else stderr.write(errorText(failure, null, options.style));
      if (options.debug) stderr.write(debugText(cause, mask));
    },
    raw: (text) => void stdout.write(text),
    async flush(): Promise<void> {
      await Promise.all([drained(stdout), drained(stderr)]);
    },
    maskWith: (given) => void (mask = given),
  };
}

function asItIs(text: string): string {
  return text;
}

function masked({ v, error }: ErrorObject, mask: (text: string) => string): ErrorObject {
  return {
    v,
    error: { ...error, message: mask(error.message), hint: error.hint === null ? null : mask(error.hint) },
  };
}

async function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.writableLength === 0) return;
  // A closed pipe ends the wait as well: nobody is left to read.
  await new Promise<void>((resolve) => {
    function done(): void {
      stream.off("error", done);
      stream.off("close", done);
      resolve();
    }
    stream.once("error", done);
    stream.once("close", done);
    stream.write("", done);
  });
}
