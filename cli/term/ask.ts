import type { Terminal } from "../context.ts";
import type { ProcessHost } from "../system/process-host.ts";
import type { Key } from "./keys.ts";
import { listenForKeys } from "./key-source.ts";
import { sanitize } from "./sanitize.ts";
import { displayWidth } from "./width.ts";

/** The most characters of an answer. */
const MAX_ANSWER = 65_536;

/**
 * Creates the person at the terminal.
 *
 * @param host The process; its stdin and stderr are terminals.
 * @returns The terminal.
 */
export function createTerminal(host: ProcessHost): Terminal {
  return {
    line: (question) => readAnswer(host, question, true),
    async hidden(question): Promise<Uint8Array | null> {
      const answer = await readAnswer(host, question, false);
      return answer === null ? null : new TextEncoder().encode(answer);
    },
    async confirm(question): Promise<boolean> {
      const answer = await readAnswer(host, `${question} [y/N] `, true);
      return answer !== null && /^\s*y(es)?\s*$/i.test(answer);
    },
  };
}

function readAnswer(host: ProcessHost, question: string, echo: boolean): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  if (host.signal.aborted) return Promise.resolve(null);
  let answer = "";
  host.stderr.write(sanitize(question));

  function finish(value: string | null): void {
    stop();
    forget();
    host.signal.removeEventListener("abort", cancel);
    host.stderr.write("\n");
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
      if (echo) host.stderr.write(redraw(answer, step.answer));
      answer = step.answer;
    }
  }
  const stop = listenForKeys(host.stdin, { onKey, onEnd: cancel });
  const forget = host.onExit(stop);
  host.signal.addEventListener("abort", cancel);
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
