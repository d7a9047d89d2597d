import type { ClientCapabilities } from "@agentclientprotocol/sdk";

/** What a client said it can do; everything is `false` unless it was advertised. */
export interface ClientCan {
  /** Gives the text of its buffers. */
  readonly readBuffers: boolean;
  /** Shows notices. */
  readonly notices: boolean;
  /** Shows that a conversation was shortened. */
  readonly compaction: boolean;
  /** Can open a terminal for set-up. */
  readonly terminalSetup: boolean;
}

/** A client that said nothing. */
export const NOTHING: ClientCan = { readBuffers: false, notices: false, compaction: false, terminalSetup: false };

/**
 * Reads what a client advertised. Whatever else it offers, to write files and to run commands first of all, is never
 * used: it would be a way around the gate.
 *
 * @param given Decoded by the protocol library.
 * @returns The few abilities that count.
 */
export function clientCan(given: ClientCapabilities | null | undefined): ClientCan {
  return {
    readBuffers: given?.fs?.readTextFile === true,
    notices: isGiven(given?.session?.notices),
    compaction: isGiven(given?.session?.compaction),
    terminalSetup: given?.auth?.terminal === true,
  };
}

function isGiven(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
