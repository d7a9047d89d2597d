import type { Terminal } from "../../context.ts";
import type { Key } from "../../term/keys.ts";

/** Work that a person can stop. */
export interface Stoppable {
  work(): Promise<unknown>;
  cancel(): void;
}

/** What was typed while work ran. */
export interface TypedAhead {
  /** Whole lines, in order: the next inputs. */
  readonly lines: readonly string[];
  /** What is left: the next input begins with it. */
  readonly draft: string;
}

const MAX_LINES = 20;

/**
 * Runs work while the keyboard listens: Ctrl+C and Escape stop it, everything else waits for the next input. A paste is
 * not taken: it needs to be seen before it is sent.
 *
 * @param terminal The terminal.
 * @param run The work.
 * @returns What was typed meanwhile; nothing after it was stopped.
 */
export async function whileRunning(terminal: Terminal, run: Stoppable): Promise<TypedAhead> {
  let lines: string[] = [];
  let draft = "";
  const release = terminal.keyboard.capture({
    onKey(key: Key): void {
      if (isStop(key)) {
        // Whoever stops the work does not want what was lined up behind it.
        [lines, draft] = [[], ""];
        run.cancel();
      } else if (key.kind === "text") draft += key.text;
      else if (key.kind === "key" && key.name === "backspace") draft = Array.from(draft).slice(0, -1).join("");
      else if (key.kind === "key" && key.name === "enter" && draft.trim() !== "" && lines.length < MAX_LINES) {
        lines.push(draft);
        draft = "";
      }
    },
    onEnd: () => run.cancel(),
  });
  try {
    await run.work();
  } finally {
    release();
  }
  return { lines, draft };
}

function isStop(key: Key): boolean {
  return key.kind === "key" && (key.name === "escape" || (key.ctrl && key.name === "char:c"));
}
