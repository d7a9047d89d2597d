import type { SessionEvent } from "../../../session/mod.ts";
import { sanitizeLine } from "../../term/sanitize.ts";
import { fitWidth } from "../../term/width.ts";

/** A call or a model that takes longer is shown with its seconds. */
export const SLOW_MS = 1_000;
/** Lines of a running command that are shown. */
const OUTPUT_LINES = 2;

/** What a session is doing just now, for a person who waits. */
export interface UnderWay {
  /** Something else is under way from now on. */
  start(title: string): void;
  /** Follows the session. */
  take(event: SessionEvent): void;
  /** Nothing is under way any more. */
  stop(): void;
  /** Stops the clock until the returned function is called. */
  pause(): () => void;
  /** What is under way, once it takes long. */
  lines(): readonly string[];
}

/**
 * Creates it, with nothing under way.
 *
 * @param now Monotonic milliseconds.
 * @param columns Width of the terminal.
 * @returns What is under way, in lines safe for a terminal.
 */
export function createUnderWay(now: () => number, columns: () => number): UnderWay {
  let title: string | null = null;
  let started = 0;
  let tail: readonly string[] = [];
  let rest = "";

  function start(what: string): void {
    [title, started, tail, rest] = [what, now(), [], ""];
  }
  return {
    start,
    stop: () => void (title = null),
    pause(): () => void {
      const from = now();
      return () => void (started += now() - from);
    },
    take(event): void {
      if (event.type === "tool_call") start(event.title);
      else if (event.type === "tool_result" || event.type === "text") start("thinking");
      else if (event.type === "tool_output") {
        const lines = `${rest}${event.text}`.slice(-8_192).split("\n");
        rest = lines.pop() ?? "";
        tail = [...tail, ...lines].slice(-OUTPUT_LINES);
      }
    },
    lines(): readonly string[] {
      const ms = now() - started;
      if (title === null || ms < SLOW_MS) return [];
      const shown = [...tail, ...(rest === "" ? [] : [rest])].slice(-OUTPUT_LINES);
      return [
        ...shown.map((line) => `  ${sanitizeLine(line.slice(0, 512))}`),
        `${fitWidth(sanitizeLine(title), Math.max(10, columns() - 28))}  ${Math.floor(ms / 1_000)} s  (Ctrl+C stops)`,
      ];
    },
  };
}
