import type { InputStream } from "../system/process-host.ts";
import type { Key } from "./key.ts";
import { decodeKeys, flushKeys, type KeyState, NO_KEYS } from "./keys.ts";

/** Receives what a person does on the keyboard. */
export interface KeyListener {
  onKey(key: Key): void;
  /** The terminal went away. */
  onEnd(): void;
  /** The program is about to be stopped by the person's shell: the screen is somebody else's for a while. */
  onAway?(): void;
  /** The program has the terminal again; nothing that was drawn can be relied on. */
  onBack?(): void;
}

/** How long a lone Escape waits for the rest of a sequence. */
const ESCAPE_MS = 30;

/**
 * Puts the terminal into raw mode and decodes its bytes, until the returned function gives the terminal back.
 *
 * @param stdin The terminal.
 * @param listener Receives the keys.
 * @returns Ends it; idempotent.
 */
export function listenForKeys(stdin: InputStream, listener: KeyListener): () => void {
  let state: KeyState = NO_KEYS;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let open = true;

  function deliver(keys: readonly Key[]): void {
    // The listener may end the listening in the middle: later keys are nobody's.
    for (const key of keys) if (open) listener.onKey(key);
  }
  function onData(chunk: unknown): void {
    if (timer !== null) clearTimeout(timer);
    const decoded = decodeKeys(state, chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
    state = decoded.state;
    deliver(decoded.keys);
    if (!open || state.text === "") return;
    timer = setTimeout(() => {
      const flushed = flushKeys(state);
      state = flushed.state;
      deliver(flushed.keys);
    }, ESCAPE_MS);
  }
  function onEnd(): void {
    if (open) listener.onEnd();
  }

  stdin.setRawMode?.(true);
  stdin.on("data", onData);
  stdin.on("end", onEnd);
  stdin.on("error", onEnd);
  stdin.resume();
  return () => {
    if (!open) return;
    open = false;
    if (timer !== null) clearTimeout(timer);
    stdin.off("data", onData);
    stdin.off("end", onEnd);
    stdin.off("error", onEnd);
    stdin.pause();
    stdin.setRawMode?.(false);
  };
}
