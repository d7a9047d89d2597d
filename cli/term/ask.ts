import type { Terminal } from "../context.ts";
import type { Timers } from "../../core/mod.ts";
import { createTerminalApprover } from "./approve.ts";
import type { Keyboard } from "./keyboard.ts";
import type { Key } from "./key.ts";
import { sanitize } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { displayWidth } from "./width.ts";

/** The most characters of an answer. */
const MAX_ANSWER = 65_536;

/** What a terminal is made of. */
export interface TerminalDeps {
  readonly keyboard: Keyboard;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly onResize: (run: () => void) => () => void;
  readonly style: Style;
}

/**
 * Creates the person at the terminal.
 *
 * @param deps Keyboard and screen.
 * @returns The terminal.
 */
export function createTerminal(deps: TerminalDeps): Terminal {
  return {
    line: (question) => readAnswer(deps, question, true),
    async hidden(question): Promise<Uint8Array | null> {
      const answer = await readAnswer(deps, question, false);
      return answer === null ? null : new TextEncoder().encode(answer);
    },
    async confirm(question): Promise<boolean> {
      const answer = await readAnswer(deps, `${question} [y/N] `, true);
      return answer !== null && /^\s*y(es)?\s*$/i.test(answer);
    },
    approver: createTerminalApprover(deps),
    keyboard: deps.keyboard,
    write: deps.write,
    columns: deps.columns,
    rows: deps.rows,
    onResize: deps.onResize,
  };
}

function readAnswer(deps: TerminalDeps, question: string, echo: boolean): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  if (deps.signal.aborted) return Promise.resolve(null);
  let answer = "";
  deps.write(sanitize(question));

  function finish(value: string | null): void {
    release();
    deps.signal.removeEventListener("abort", cancel);
    deps.write("\n");
    resolve(value);
  }
  function cancel(): void {
    finish(null);
  }
  function onKey(key: Key): void {
    const step = editAnswer(answer, key);
    if (step.kind === "done") finish(answer);
    else if (step.kind === "cancelled") finish(null);
    else {
      if (echo) deps.write(redraw(answer, step.answer));
      answer = step.answer;
    }
  }
  const release = deps.keyboard.capture({ onKey, onEnd: cancel });
  deps.signal.addEventListener("abort", cancel);
  return promise;
}

type AnswerStep = { readonly kind: "done" } | { readonly kind: "cancelled" } | {
  readonly kind: "edited";
  readonly answer: string;
};

function editAnswer(answer: string, key: Key): AnswerStep {
  if (key.kind !== "key") return edited((answer + key.text.replace(/[\r\n]+$/, "")).slice(0, MAX_ANSWER));
  if (key.name === "enter" || (key.ctrl && key.name === "char:j")) return { kind: "done" };
  if (key.ctrl && key.name === "char:c") return { kind: "cancelled" };
  if (key.ctrl && key.name === "char:d") return { kind: answer === "" ? "cancelled" : "done" };
  if (key.ctrl && key.name === "char:u") return edited("");
  if (key.name === "backspace") return edited(Array.from(answer).slice(0, -1).join(""));
  return edited(answer);
}

function edited(answer: string): AnswerStep {
  return { kind: "edited", answer };
}

/** Text that turns the old answer on the screen into the new one. */
function redraw(before: string, after: string): string {
  if (after.startsWith(before)) return sanitize(after.slice(before.length)).replaceAll("\n", " ");
  return "\b \b".repeat(Math.max(0, displayWidth(sanitize(before)) - displayWidth(sanitize(after))));
}
