import type { Mask } from "./acp-error.ts";

/**
 * Says on standard error what failed unexpectedly: one short masked line, the place only for whoever debugs.
 *
 * Threat: editors keep what agents print, and a message of a library may quote what it was given.
 *
 * @param cause What was thrown.
 * @param mask Masks secret values.
 * @param debug `true` with `AGENTZERO_DEBUG`.
 * @returns The lines, masked, not yet sanitised.
 */
export function failureLines(cause: unknown, mask: Mask, debug: boolean): readonly string[] {
  const name = cause instanceof Error ? cause.name : typeof cause;
  const head = `unexpected failure (${name.slice(0, 64)})`;
  if (!debug) return [`${head}; run with AGENTZERO_DEBUG=1 to see where`];
  try {
    const text = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    return [head, ...mask(text).split("\n").slice(0, 20)];
  } catch {
    return [`${head}: (withheld: masking failed)`];
  }
}
