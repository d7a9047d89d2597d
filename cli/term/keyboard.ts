import type { InputStream } from "../system/process-host.ts";
import { type KeyListener, listenForKeys } from "./key-source.ts";

/** Shares one keyboard among those who wait for keys: the one that came last gets them. */
export interface Keyboard {
  /** Takes the keys until the returned function gives them back; idempotent. */
  capture(listener: KeyListener): () => void;
}

/**
 * Creates the keyboard of a terminal. It is in raw mode while somebody listens, and only then.
 *
 * @param stdin The terminal.
 * @param onExit Registers work for the end of the process, so that the terminal is always given back as it was.
 * @returns The keyboard.
 */
export function createKeyboard(stdin: InputStream, onExit: (work: () => void) => () => void): Keyboard {
  const listeners: KeyListener[] = [];
  let stop: (() => void) | null = null;
  let forget: (() => void) | null = null;

  function close(): void {
    stop?.();
    stop = null;
    forget?.();
    forget = null;
  }
  function open(): void {
    stop = listenForKeys(stdin, {
      onKey: (key) => listeners.at(-1)?.onKey(key),
      onEnd(): void {
        for (const listener of listeners.toReversed()) listener.onEnd();
      },
    });
    forget = onExit(close);
  }

  return {
    capture(listener): () => void {
      listeners.push(listener);
      if (stop === null) open();
      return () => {
        const at = listeners.indexOf(listener);
        if (at < 0) return;
        listeners.splice(at, 1);
        if (listeners.length === 0) close();
      };
    },
  };
}
