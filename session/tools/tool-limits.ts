import type { ProcessLimits, WasmLimits } from "../../sandbox/mod.ts";

/** A number that a call may ask for, within what the configuration leaves. */
export interface AskedLimit {
  /** Taken when a call does not ask. */
  readonly usual: number;
  /** The most that a call gets. */
  readonly most: number;
}

/** What one call of a tool may use, as the configuration has it. */
export interface ToolLimits {
  /** Bytes that `read` gives. */
  readonly readBytes: number;
  /** Bytes that `write` and `edit` put into a file. */
  readonly writeBytes: number;
  /** Entries that `list` gives. */
  readonly listEntries: number;
  /** Hits that `search` gives. */
  readonly searchHits: AskedLimit;
  /** How long a command may run, in milliseconds. */
  readonly timeoutMs: AskedLimit;
  /** What a command may use. */
  readonly process: ProcessLimits;
  /** What a component may use; its author asks for some of it, a person approved that. */
  readonly wasm: Readonly<Record<AskedWasmLimit, AskedLimit>>;
}

/** Limits of a component that the configuration can move. */
export type AskedWasmLimit = Exclude<keyof WasmLimits, "logLines" | "logBytes">;

/**
 * Gives what a call gets: what it asked for, as far as that is left.
 *
 * @param limit The limit.
 * @param asked What the call asks for, if anything.
 * @returns The smaller of the two.
 */
export function within(limit: AskedLimit, asked: number | undefined): number {
  return Math.min(asked ?? limit.usual, limit.most);
}
