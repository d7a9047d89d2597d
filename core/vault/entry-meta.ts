import { type Binding, BINDINGS_SHAPE } from "../bindings.ts";
import { CoreError } from "../errors.ts";
import { integer, nullable, object, string } from "../shape.ts";

/** What a vault knows about an entry besides its value. Times are milliseconds since 1970. */
export interface EntryMeta {
  /** A handle, or `key:NAME` for signing keys, which no handle names. */
  readonly handle: string;
  readonly note: string | null;
  readonly created: number;
  /** When the value was last replaced; for an earlier value, when it was. */
  readonly rotated: number | null;
  readonly expires: number | null;
  readonly bind: readonly Binding[];
}

const SHAPE = object({
  handle: string({ max: 160 }),
  note: nullable(string()),
  created: integer(),
  rotated: nullable(integer()),
  expires: nullable(integer()),
  bind: BINDINGS_SHAPE,
});

/** Writes a description as the bytes that are sealed. */
export function formatMeta(meta: EntryMeta): Uint8Array {
  const { handle, note, created, rotated, expires, bind } = meta;
  return new TextEncoder().encode(JSON.stringify({ handle, note, created, rotated, expires, bind }));
}

/** Reads a description; `null` when it has another form. */
export function parseMeta(bytes: Uint8Array): EntryMeta | null {
  try {
    const shape = SHAPE.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return shape.success ? shape.data : null;
  } catch {
    return null;
  }
}

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
