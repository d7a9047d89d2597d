import type { Terminal } from "../context.ts";
import { drawRegion, inputRegion, type Region } from "./input-region.ts";
import type { Key } from "./keys.ts";
import { type LineState, lineStep, startLine } from "./line-edit.ts";

/** What a person did with an input. */
export type Typed =
  | { readonly kind: "send"; readonly text: string; readonly pastes: readonly string[] }
  /** Shift+Tab, with what was typed so far. */
  | { readonly kind: "mode"; readonly text: string }
  /** Ctrl+D on an empty line, or the terminal went away. */
  | { readonly kind: "end" }
  /** Ctrl+C twice on an empty line. */
  | { readonly kind: "leave" };

/** How an input is asked for. */
export interface InputRequest {
  readonly prompt: string;
  readonly status: string;
  readonly history: readonly string[];
  /** What the input starts with. */
  readonly text: string;
  readonly signal: AbortSignal;
}

/** How long a second Ctrl+C leaves. */
const AGAIN_MS = 2_000;
const MAX_LINES = 5;
const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";

/**
 * Reads one input at the terminal, drawn in a small region below what was printed.
 *
 * @param terminal The terminal.
 * @param request Texts around the input.
 * @param onExit Registers work for the end of the process.
 * @returns What the person did.
 */
export function readInput(
  terminal: Terminal,
  request: InputRequest,
  onExit: (work: () => void) => () => void,
): Promise<Typed> {
  const { promise, resolve } = Promise.withResolvers<Typed>();
  let state: LineState = startLine(request.history, request.text);
  let region: Region | null = null;
  let warnedAt = Number.NEGATIVE_INFINITY;
  let status = request.status;

  function draw(): void {
    const next = inputRegion(state, {
      columns: terminal.columns(),
      maxLines: MAX_LINES,
      prompt: request.prompt,
      status,
    });
    terminal.write(drawRegion(region, next));
    region = next;
  }
  function finish(typed: Typed, left: string): void {
    release();
    forget();
    request.signal.removeEventListener("abort", onAbort);
    terminal.write(`${drawRegion(region, null)}${PASTE_OFF}${left}`);
    resolve(typed);
  }
  function onAbort(): void {
    finish({ kind: "end" }, "");
  }
  function interrupt(): void {
    if (state.text !== "") {
      state = startLine(request.history);
      draw();
    } else if (performance.now() - warnedAt < AGAIN_MS) finish({ kind: "leave" }, "");
    else {
      warnedAt = performance.now();
      status = "Ctrl+C again to exit";
      draw();
    }
  }
  function onKey(key: Key): void {
    const step = lineStep(state, key, request.history);
    switch (step.kind) {
      case "edit":
        state = step.state;
        status = request.status;
        return draw();
      case "send":
        if (step.text.trim() === "") return draw();
        return finish(step, `${sent(request.prompt, state, terminal.columns())}\n`);
      case "interrupt":
        return interrupt();
      case "end":
        return finish({ kind: "end" }, "");
      case "mode":
        return finish({ kind: "mode", text: state.text }, "");
      case "escape":
        return undefined;
      default:
        return step satisfies never;
    }
  }
  const release = terminal.keyboard.capture({ onKey, onEnd: onAbort });
  const forget = onExit(() => terminal.write(PASTE_OFF));
  request.signal.addEventListener("abort", onAbort, { once: true });
  terminal.write(PASTE_ON);
  draw();
  return promise;
}

/** What stays in the transcript: the whole input, printed once. */
function sent(prompt: string, state: LineState, columns: number): string {
  return inputRegion(state, { columns, maxLines: Number.MAX_SAFE_INTEGER, prompt, status: "" }).lines.join("\r\n");
}
