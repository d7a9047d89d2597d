import type { Terminal } from "../../context.ts";
import type { Key } from "../../term/keys.ts";

/** Work that a person can stop. */
export interface Stoppable {
  work(): Promise<unknown>;
  cancel(): void;
}

/**
 * Runs work while the keyboard listens: Ctrl+C and Escape stop it, other text waits for the next input.
 *
 * @param terminal The terminal.
 * @param run The work.
 * @returns What was typed meanwhile.
 */
export async function whileRunning(terminal: Terminal, run: Stoppable): Promise<string> {
  let typed = "";
  const release = terminal.keyboard.capture({
    onKey(key: Key): void {
      if (isStop(key)) run.cancel();
      else if (key.kind === "text") typed += key.text;
    },
    onEnd: () => run.cancel(),
  });
  try {
    await run.work();
  } finally {
    release();
  }
  return typed;
}

function isStop(key: Key): boolean {
  return key.kind === "key" && (key.name === "escape" || (key.ctrl && key.name === "char:c"));
}
