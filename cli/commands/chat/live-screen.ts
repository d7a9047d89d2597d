import { Writable } from "node:stream";
import type { Approver } from "../../../core/mod.ts";
import type { CommandContext, Output, Terminal } from "../../context.ts";
import { createOutput } from "../../output/output.ts";
import { columnsWithin } from "../../output/text.ts";
import { showProgress } from "../../output/progress.ts";
import { createLiveRegion, type LiveRegion } from "../../term/live-region.ts";
import { createMarkdownStream } from "../../term/markdown/stream.ts";
import { type Completion, createPromptBox, type PromptBox } from "../../term/prompt-box.ts";
import { wrapWords } from "../../term/markdown/wrap-words.ts";
import { sanitize } from "../../term/sanitize.ts";
import { styleFor } from "../../term/style.ts";
import type { ChatScreen } from "./screen.ts";
import { createUnderWay, SLOW_MS, type UnderWay } from "./under-way.ts";

/** What a live screen shows besides events. */
export interface LiveScreenParts {
  readonly status: (cells: number) => string;
  readonly history: () => readonly string[];
  readonly complete: (text: string, cursor: number) => Completion | null;
}

/** How often unfinished text is looked at. */
const DRAW_MS = 50;
const TAIL_LINES = 3;

/**
 * Creates the screen of a terminal: a transcript that only grows, and a small region below it for what is under way.
 *
 * @param context The command's context.
 * @param terminal The terminal.
 * @param parts Texts around the input.
 * @returns The screen; it has the keyboard until it is closed.
 */
export function createLiveScreen(context: CommandContext, terminal: Terminal, parts: LiveScreenParts): ChatScreen {
  const { clock, timers, env } = context.system;
  const region = createLiveRegion({
    write: (text) => terminal.write(text),
    columns: () => terminal.columns(),
    rows: () => terminal.rows(),
  });
  const style = styleFor(env, true);
  const stream = createMarkdownStream(() => ({ columns: Math.max(20, terminal.columns() - 1), style }));
  const printed = createOutput({
    stdout: printer(region),
    stderr: printer(region),
    json: false,
    terminal: true,
    style,
    debug: (env["AGENTZERO_DEBUG"] ?? "") !== "",
  });
  const output: Output = {
    ...printed,
    maskWith(mask): void {
      printed.maskWith(mask);
      // What ends the chat is told after the screen is gone.
      context.output.maskWith(mask);
    },
    note: (text) => printed.note(wrapped(text, terminal.columns())),
    table: (rows) =>
      rows.length === 0 ? undefined : printed.raw(`${columnsWithin(rows, Math.max(20, terminal.columns() - 1))}\n`),
    failure: (failure, why) =>
      printed.failure(
        { ...failure, message: continued(failure.message, terminal.columns() - ERROR_CELLS) },
        why === null ? null : continued(why, terminal.columns() - ERROR_CELLS),
      ),
  };
  const box = createPromptBox({
    terminal,
    region,
    now: () => clock.mono(),
    timers,
    status: parts.status,
    history: parts.history,
    complete: parts.complete,
  });
  const forget = context.onExit(() => box.close());
  const underWay = createUnderWay(() => clock.mono(), () => terminal.columns());
  let drawTimer: (() => void) | null = null;
  let tickTimer: (() => void) | null = null;
  let lastDraw = Number.NEGATIVE_INFINITY;

  function drawText(): void {
    drawTimer = null;
    lastDraw = clock.mono();
    region.print(stream.take(), [...stream.tail().slice(-TAIL_LINES), ...underWay.lines()]);
  }
  function settle(): void {
    drawTimer?.();
    drawTimer = null;
    region.print(stream.end(), underWay.lines());
  }
  function tick(): void {
    region.top([...stream.tail().slice(-TAIL_LINES), ...underWay.lines()]);
    tickTimer = timers.after(SLOW_MS, tick);
  }
  return {
    output,
    approver: hidingApprover(terminal.approver, region, underWay),
    take(event): void {
      underWay.take(event);
      if (event.type === "text") {
        stream.push(event.text);
        // The first text is shown at once; what follows soon waits for its turn.
        const wait = DRAW_MS - (clock.mono() - lastDraw);
        if (drawTimer === null) {
          if (wait <= 0) drawText();
          else drawTimer = timers.after(wait, drawText);
        }
        return;
      }
      if (event.type === "tool_output" || event.type === "usage") return;
      settle();
      showProgress(output, event);
    },
    read: () => box.read(),
    async during(run): Promise<void> {
      underWay.start("thinking");
      tickTimer = timers.after(SLOW_MS, tick);
      try {
        await box.during(run);
      } finally {
        tickTimer();
        underWay.stop();
        settle();
        region.top([]);
      }
    },
    close(): void {
      forget();
      closeBox(box, settle);
    },
  };
}

/** Notices are prose, broken between words; results and commands stay as they are, to be copied. */
function wrapped(text: string, columns: number): string {
  return text.split("\n").flatMap((line) => wrapWords(sanitize(line), Math.max(20, columns - 1))).join("\n");
}

/** What stands before a message: `error: `, `  why: `; its other lines stand below its first. */
const ERROR_CELLS = 8;

/** A message broken between words; what to do stays as it is, to be copied. */
function continued(text: string, cells: number): string {
  return text.split("\n").flatMap((line) => wrapWords(line, Math.max(20, cells))).join("\n");
}

function closeBox(box: PromptBox, settle: () => void): void {
  settle();
  box.close();
}

/** A stream whose texts are lines of the transcript; everything written to it was sanitised by the output. */
function printer(region: LiveRegion): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done): void {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk instanceof Uint8Array ? chunk : []).toString();
      if (text !== "") region.print(text.endsWith("\n") ? text : `${text}\n`);
      done();
    },
  });
}

/** A question has the screen for itself. */
function hidingApprover(inner: Approver, region: LiveRegion, underWay: UnderWay): Approver {
  return {
    channel: inner.channel,
    async ask(request, signal) {
      const show = region.hide();
      const goOn = underWay.pause();
      try {
        return await inner.ask(request, signal);
      } finally {
        goOn();
        show();
      }
    },
  };
}
