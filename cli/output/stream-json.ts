import type { SessionId } from "../../core/mod.ts";
import type { CallResult, SessionEvent } from "../../session/mod.ts";

/** One line of `run --output stream-json`. */
export type StreamLine =
  & { readonly v: 1; readonly seq: number; readonly session: SessionId }
  & Readonly<Record<string, unknown>>;

const STREAMED: ReadonlySet<SessionEvent["type"]> = new Set(
  ["init", "text", "tool_call", "decision", "tool_result", "usage", "error", "result"] as const,
);

/** Numbers the events of a session as the lines of the stream. */
export interface EventStream {
  /** The next line, or `null` for an event that the stream does not carry. */
  line(event: SessionEvent, session: SessionId): StreamLine | null;
}

/**
 * Creates the stream of a session.
 *
 * @returns The stream; `seq` starts at 0 and has no gaps.
 */
export function createEventStream(): EventStream {
  let seq = 0;
  return {
    line(event, session): StreamLine | null {
      if (!STREAMED.has(event.type)) return null;
      const { type, ...fields } = event;
      return { v: 1, seq: seq++, session, type, ...fields };
    },
  };
}

/** Why a run went no further. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/**
 * Makes the one object of `run --output json`.
 *
 * @param line The last line of the stream.
 * @param results Results of all calls, in order.
 * @param failure What its last `error` said, `null` when there was none.
 * @returns The object.
 */
export function resultObject(
  line: StreamLine,
  results: readonly CallResult[],
  failure: RunFailure | null,
): Readonly<Record<string, unknown>> {
  return { ...line, tool_results: results, error: failure };
}
