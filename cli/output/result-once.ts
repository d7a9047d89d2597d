import type { SessionEvent } from "../../session/mod.ts";
import type { Output } from "../context.ts";

/** Where events and outputs are shown. */
export interface EventScreen {
  readonly output: Pick<Output, "text">;
  /** Shows one event. */
  take(event: SessionEvent): void;
}

/**
 * Shows what comes of a line that the built-in shell understood as it shows a line that starts with `/`: what became of
 * it, a failure with what to do, then the output. Its reply would say all of it again.
 *
 * @param screen Where to.
 * @returns Takes the events of one prompt.
 */
export function showResultOnce(screen: EventScreen): (event: SessionEvent) => void {
  let called = false;
  let held: string | null = null;
  return (event) => {
    if (event.type === "tool_result") {
      called = true;
      held = event.output;
    }
    if (held !== null && held !== "" && (event.type === "text" || event.type === "result")) {
      screen.output.text(held);
      held = null;
    }
    if (event.type !== "text" || !called) screen.take(event);
  };
}
