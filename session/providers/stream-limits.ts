import type { StreamLimits } from "./model.ts";

const LOCAL_FIRST_BYTE_MS = 300_000;
const REMOTE_FIRST_BYTE_MS = 120_000;

/**
 * Returns the bounds of a model's stream.
 *
 * @param local A model on this machine: loading it may take minutes.
 * @param given Bounds to use instead.
 * @returns All bounds.
 */
export function streamLimits(local: boolean, given: Partial<StreamLimits> = {}): StreamLimits {
  return {
    firstByteMs: local ? LOCAL_FIRST_BYTE_MS : REMOTE_FIRST_BYTE_MS,
    silenceMs: 60_000,
    maxLineBytes: 1_048_576,
    maxReplyBytes: 8 * 1_048_576,
    ...given,
  };
}
