import type { JobControl } from "../system/job-control.ts";
import type { InputStream } from "../system/process-host.ts";
import type { Key } from "./key.ts";
import { type KeyListener, listenForKeys } from "./key-source.ts";

/** Shares one keyboard among those who wait for keys: the one that came last gets them. */
export interface Keyboard {
  /** Takes the keys until the returned function gives them back; idempotent. */
  capture(listener: KeyListener): () => void;
}

/** What a keyboard needs of the process. */
export interface KeyboardHost {
  readonly stdin: InputStream;
  /** Registers work for the end of the process, so that the terminal is always given back as it was. */
  onExit(work: () => void): () => void;
}

/** Where nothing stops the process, it goes on after so long: a group of processes without a shell is never stopped. */
const STOP_MS = 100;

/**
 * Creates the keyboard of a terminal. It is in raw mode while somebody listens, and only then.
 *
 * @param host The terminal and the process.
 * @param jobs How Ctrl+Z stops the process.
 * @returns The keyboard.
 */
export function createKeyboard(host: KeyboardHost, jobs: JobControl): Keyboard {
  const listeners: KeyListener[] = [];
  let stop: (() => void) | null = null;
  let forget: (() => void) | null = null;
  let away = false;

  function listen(): void {
    stop = listenForKeys(host.stdin, {
      onKey: (key) => isSuspend(key) ? suspend() : listeners.at(-1)?.onKey(key),
      onEnd(): void {
        for (const listener of listeners.toReversed()) listener.onEnd();
      },
    });
  }
  function open(): void {
    listen();
    const forgets = [host.onExit(close), jobs.onContinue(back)];
    forget = () => {
      for (const undo of forgets) undo();
    };
  }
  function close(): void {
    stop?.();
    stop = null;
    forget?.();
    forget = null;
    away = false;
  }
  function suspend(): void {
    for (const listener of listeners.toReversed()) listener.onAway?.();
    stop?.();
    stop = null;
    away = true;
    jobs.suspend();
    setTimeout(() => away && back(), STOP_MS);
  }
  function back(): void {
    if (away) listen();
    else {
      // Stopped from outside: the shell gave the terminal back with its own settings, which the runtime does not know.
      host.stdin.setRawMode?.(false);
      host.stdin.setRawMode?.(true);
    }
    away = false;
    for (const listener of listeners) listener.onBack?.();
  }

  return {
    capture(listener): () => void {
      listeners.push(listener);
      if (forget === null) open();
      return () => {
        const at = listeners.indexOf(listener);
        if (at < 0) return;
        listeners.splice(at, 1);
        if (listeners.length === 0) close();
      };
    },
  };
}

function isSuspend(key: Key): boolean {
  return key.kind === "key" && key.ctrl && key.name === "char:z";
}
