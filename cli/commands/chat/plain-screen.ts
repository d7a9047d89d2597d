import type { Timers } from "../../../core/mod.ts";
import type { CommandContext, Terminal } from "../../context.ts";
import { showProgress } from "../../output/progress.ts";
import type { Key } from "../../term/key.ts";
import type { ChatScreen } from "./screen.ts";

/** How often a long call says that it still runs. */
const STILL_MS = 30_000;

/**
 * Creates a screen on which nothing is ever redrawn: for screen readers, logs, dumb and tiny terminals. Text appears as
 * the model wrote it, and a long call says every half minute that it still runs.
 *
 * @param context The command's context.
 * @param terminal The terminal.
 * @returns The screen.
 */
export function createPlainScreen(context: CommandContext, terminal: Terminal): ChatScreen {
  const { output, system: { clock, timers } } = context;
  let open = false;
  let still: (() => void) | null = null;

  function settle(): void {
    if (open) output.partial("\n");
    open = false;
  }
  function watch(title: string): void {
    const started = clock.mono();
    still?.();
    still = every(timers, STILL_MS, () => {
      settle();
      output.note(`${title}  ${Math.round((clock.mono() - started) / 1_000)} s`);
    });
  }
  return {
    output,
    approver: terminal.approver,
    take(event): void {
      if (event.type === "text") {
        // What is written shows by itself that it goes on.
        still?.();
        still = null;
        output.partial(event.text);
        open = !event.text.endsWith("\n");
        return;
      }
      settle();
      if (event.type === "tool_call") watch(event.title);
      if (event.type === "tool_result") watch("thinking");
      if (event.type === "result") {
        still?.();
        still = null;
      }
      showProgress(output, event);
    },
    async read() {
      const line = await terminal.line("> ");
      return line === null ? { kind: "end" } : { kind: "send", text: line, pastes: [] };
    },
    async during(run): Promise<void> {
      const release = terminal.keyboard.capture({
        onKey(key: Key): void {
          if (key.kind === "key" && (key.name === "escape" || (key.ctrl && key.name === "char:c"))) run.cancel();
        },
        onEnd: () => run.cancel(),
      });
      watch("thinking");
      try {
        await run.work();
      } finally {
        release();
        still?.();
        still = null;
        settle();
      }
    },
    close(): void {
      still?.();
    },
  };
}

function every(timers: Timers, ms: number, run: () => void): () => void {
  let cancel = timers.after(ms, again);
  function again(): void {
    run();
    cancel = timers.after(ms, again);
  }
  return () => cancel();
}
