import { Buffer } from "node:buffer";
import type { LogLine } from "./messages.ts";

/** The log of one call, capped. */
export interface GuestLog {
  /** Adds a line, or as much of it as fits. */
  add(level: LogLine["level"], message: string): void;
  /** Was something left out? */
  cut(): boolean;
}

/**
 * Creates the log of one call.
 *
 * @param limits Lines and bytes that are kept.
 * @param write Takes a line that is kept.
 * @returns The log.
 */
export function createGuestLog(
  limits: { readonly logLines: number; readonly logBytes: number },
  write: (line: LogLine) => void,
): GuestLog {
  let lines = 0;
  let bytes = 0;
  let cut = false;
  return {
    add(level, message) {
      const room = limits.logBytes - bytes;
      if (lines >= limits.logLines || room <= 0) {
        cut = true;
        return;
      }
      // A character is at most three bytes for each unit of a string.
      let kept = message.length > room ? message.slice(0, room) : message;
      while (Buffer.byteLength(kept) > room) kept = kept.slice(0, -Math.max(1, (Buffer.byteLength(kept) - room) >> 2));
      if (kept.length < message.length) cut = true;
      lines++;
      bytes += Buffer.byteLength(kept) + 1;
      write({ level, message: kept.toWellFormed() });
    },
    cut: () => cut,
  };
}
