import type { SessionUpdate } from "@agentclientprotocol/sdk";
import type { Timers } from "../../core/mod.ts";
import type { Clean } from "./clean.ts";

/** What text of a reply goes out through. */
export interface TextOutDeps {
  readonly send: (update: SessionUpdate) => void;
  readonly clean: Clean;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh id for the text of one reply. */
  readonly newId: () => string;
}

/** The kinds of text that a reply is written in. */
export type TextKind = "agent_message_chunk" | "agent_thought_chunk";

/** Text on its way out, a few words at a time. */
export interface TextOut {
  /** Adds text to the reply. */
  add(kind: TextKind, text: string): void;
  /** Sends what waits; the next text belongs to another reply. */
  flush(): void;
}

/** Text is sent at most this often. */
const TEXT_MS = 34;

/**
 * Creates the way out for text.
 *
 * Models write a word at a time, and each update costs the client a drawing: what comes between two is sent at once.
 *
 * @param deps Where it goes.
 * @returns The way out, with nothing waiting.
 */
export function createTextOut(deps: TextOutDeps): TextOut {
  let waiting: { readonly kind: TextKind; readonly text: string } | null = null;
  let stopTimer: (() => void) | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let message: string | null = null;

  function send(): void {
    stopTimer?.();
    stopTimer = null;
    const ready = waiting;
    if (ready === null) return;
    waiting = null;
    if (ready.text === "") return;
    lastMs = deps.now();
    message ??= deps.newId();
    deps.send({
      sessionUpdate: ready.kind,
      messageId: message,
      content: { type: "text", text: deps.clean.text(ready.text) },
    });
  }
  function flush(): void {
    send();
    message = null;
  }
  return {
    add(kind, text): void {
      if (waiting !== null && waiting.kind !== kind) flush();
      waiting = { kind, text: (waiting?.text ?? "") + text };
      const waitMs = TEXT_MS - (deps.now() - lastMs);
      if (waitMs <= 0) send();
      else stopTimer ??= deps.timers.after(waitMs, send);
    },
    flush,
  };
}
