import { CoreError } from "./errors.ts";
import type { Clock, Random } from "./ports.ts";

/** Identifies a session: `ses_` and a ULID. */
export type SessionId = string & { readonly brand: "SessionId" };
/** Identifies a proposed call: `call_` and a ULID. */
export type CallId = string & { readonly brand: "CallId" };
/** Identifies one execution in the record: `exe_` and a ULID. */
export type ExecutionId = string & { readonly brand: "ExecutionId" };

/** Which id each prefix makes. */
export interface IdByPrefix {
  /** A session. */
  readonly ses: SessionId;
  /** A proposed call. */
  readonly call: CallId;
  /** One execution in the record. */
  readonly exe: ExecutionId;
}

/** Makes ids that sort by time within one process, also when the clock stands still or steps back. */
export interface IdSource {
  /** Returns a new id of the given kind. */
  next<P extends keyof IdByPrefix>(prefix: P): IdByPrefix[P];
}

// Crockford's base 32, as the ULID specification uses it.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
// A ULID has 48 bits for the time.
const MAX_TIME = 2 ** 48;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Creates the source of all ids of a process.
 *
 * @param clock Wall time for the first 48 bits.
 * @param random 80 random bits an id.
 * @returns The source.
 */
export function createIds(clock: Clock, random: Random): IdSource {
  let last = 0;
  return {
    next<P extends keyof IdByPrefix>(prefix: P): IdByPrefix[P] {
      // A clock that steps back must not reorder ids: keep the latest time seen, one more per id.
      const time = Math.max(clock.now(), last + 1);
      if (!(time < MAX_TIME)) throw new CoreError("ID_INVALID", `Cannot make an id: the clock says ${time}`);
      last = time;
      const id = `${prefix}_${encodeTime(last)}${encodeRandom(random.bytes(10))}`;
      if (!isId(prefix, id)) throw new CoreError("ID_INVALID", `Cannot make an id: the clock says ${last}`);
      return id;
    },
  };
}

/**
 * Tells whether `value` is a well-formed id of one kind.
 *
 * @param prefix `ses`, `call` or `exe`.
 * @param value Anything.
 * @returns `true` for the prefix, an underscore and a ULID in upper case.
 */
export function isId<P extends keyof IdByPrefix>(
  prefix: P,
  value: unknown,
): value is IdByPrefix[P] {
  return typeof value === "string" && value.startsWith(`${prefix}_`) &&
    ULID.test(value.slice(prefix.length + 1));
}

/**
 * Reads a session id from text.
 *
 * @param value Text from a file name, an argument or a client.
 * @returns The branded id.
 * @throws {CoreError} `ID_INVALID` when it is not `ses_` and a ULID.
 */
export function parseSessionId(value: string): SessionId {
  if (!isId("ses", value)) {
    throw new CoreError(
      "ID_INVALID",
      `Cannot read session id: received "${value.slice(0, 64)}"`,
    );
  }
  return value;
}

function encodeTime(ms: number): string {
  let rest = Math.floor(ms);
  let text = "";
  for (let i = 0; i < 10; i++) {
    text = (ALPHABET[rest % 32] ?? "0") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function encodeRandom(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < 16; i++) {
    text = (ALPHABET[Number(bits & 31n)] ?? "0") + text;
    bits >>= 5n;
  }
  return text;
}
