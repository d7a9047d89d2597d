import { CoreError } from "../errors.ts";
import type { EntryMeta } from "./entry-meta.ts";

/**
 * Refuses a secret whose time is over.
 *
 * @param handle Names it in the message.
 * @param meta Its description.
 * @param now Milliseconds since 1970.
 * @throws {CoreError} `SECRET_EXPIRED`.
 */
export function checkExpiry(handle: string, meta: EntryMeta, now: number): void {
  if (meta.expires === null || now < meta.expires) return;
  const day = new Date(meta.expires).toISOString();
  throw new CoreError("SECRET_EXPIRED", `Cannot use "${handle}": it expired on ${day}`, {
    hint: `agentzero vault rotate ${handle}`,
  });
}

/** Forgets a date that is over: of a new value in place of an expired one it says nothing. */
export function renewed(meta: EntryMeta, now: number): EntryMeta {
  return meta.expires !== null && meta.expires <= now ? { ...meta, expires: null } : meta;
}
