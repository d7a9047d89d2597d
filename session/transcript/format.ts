import { timingSafeEqual } from "node:crypto";
import {
  b2,
  blake2b,
  canonicalJson,
  fromBase64,
  isId,
  type Keys,
  type Random,
  seal,
  sealTo,
  type SessionId,
  sodium,
  toBase64,
  unseal,
  unsealFrom,
} from "../../core/mod.ts";

/** What a transcript is bound to besides its own bytes. */
export interface TranscriptPlace {
  readonly session: SessionId;
  /** Real path of the project, or `null` for sessions that are kept under the home. */
  readonly project: string | null;
}

/** The clear part of the first line. */
export interface SealedHeader {
  readonly session: SessionId;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Id of the reading key that the session key is sealed to. */
  readonly kid: string;
  readonly key: string;
  readonly mac: string;
  readonly nonce: string;
  readonly ct: string;
}

/** Where the next line goes: its number and the digest of the line before. */
export interface LinePlace {
  /** From 1, the header. */
  readonly number: number;
  /** `b2:` of the line before. */
  readonly prev: string;
}

/** Version of the format; an unknown one is refused, never guessed. */
export const TRANSCRIPT_FORMAT = "aztranscript/1";
/** Lengths are hidden in steps of this many bytes. */
const PAD_BYTES = 256;
const MAC_LABEL = "az/transcript/v1";

/**
 * Seals the first line: the session's random key for the reader, and the header under that key.
 *
 * @param place Session and project.
 * @param content JSON of the header.
 * @param using Keys of the installation, the session's key, time, random bytes.
 * @returns The line without its newline.
 */
export function sealHeader(
  place: TranscriptPlace,
  content: unknown,
  using: { readonly keys: Keys; readonly key: Uint8Array; readonly created: number; readonly random: Random },
): string {
  const { kid, publicKey } = using.keys.auditBox;
  const boxed = toBase64(sealTo(publicKey, using.key));
  const clear = { t: "h", v: TRANSCRIPT_FORMAT, session: place.session, created: using.created, kid, key: boxed };
  const mac = toBase64(macOf(place, { kid, key: boxed, created: using.created }, using.keys));
  const sealed = seal(using.key, padded(content), { aad: headerAad({ ...clear, mac }), random: using.random });
  return JSON.stringify({ ...clear, mac, n: toBase64(sealed.nonce), ct: toBase64(sealed.bytes) });
}

/**
 * Reads the clear part of the first line, without opening anything.
 *
 * @param line The line without its newline, untrusted.
 * @returns The header, or `null` when it is not exactly one of ours.
 */
export function parseHeader(line: string): SealedHeader | null {
  const value = parseExactly(line, ["t", "v", "session", "created", "kid", "key", "mac", "n", "ct"]);
  if (value === null || value["t"] !== "h" || value["v"] !== TRANSCRIPT_FORMAT) return null;
  const { session, created, kid, key, mac, n: nonce, ct } = value;
  if (!isId("ses", session) || typeof created !== "number" || !Number.isSafeInteger(created)) return null;
  if (typeof kid !== "string" || typeof key !== "string" || typeof mac !== "string") return null;
  return typeof nonce === "string" && typeof ct === "string" ? { session, created, kid, key, mac, nonce, ct } : null;
}

/**
 * Checks that a header was made by this installation for this project and session.
 *
 * Threat: anybody can seal a key to a public key. Only this installation can make the MAC.
 *
 * @param place Where the file was found.
 * @param header Its first line.
 * @param keys Keys of the installation.
 * @returns `true` when it belongs here.
 */
export function belongsHere(place: TranscriptPlace, header: SealedHeader, keys: Keys): boolean {
  const expected = macOf(place, header, keys);
  const given = fromBase64(header.mac);
  return header.session === place.session && given?.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * Opens the session's key.
 *
 * @param header The first line.
 * @param keys Keys of the installation.
 * @returns The key; `locked` when a passphrase protects it, `null` when it was not sealed for us.
 */
export function openSessionKey(header: SealedHeader, keys: Keys): Uint8Array | "locked" | null {
  const secretKey = keys.auditBoxSecret(header.kid);
  if (secretKey === null) return keys.locked && keys.auditBoxIds().includes(header.kid) ? "locked" : null;
  const box = fromBase64(header.key);
  return box === null ? null : unsealFrom({ publicKey: sodium().crypto_scalarmult_base(secretKey), secretKey }, box);
}

/**
 * Opens the header's content.
 *
 * @param header The first line.
 * @param key The session's key.
 * @returns Decoded JSON, or `undefined` when it does not open.
 */
export function openHeader(header: SealedHeader, key: Uint8Array): unknown {
  const { session, created, kid, key: boxed, mac } = header;
  const aad = headerAad({ t: "h", v: TRANSCRIPT_FORMAT, session, created, kid, key: boxed, mac });
  return opened(key, header, aad);
}

/**
 * Seals one entry, bound to its session, its line and all lines before it.
 *
 * @param session The session.
 * @param content JSON of the entry.
 * @param using Line, key, random bytes.
 * @returns The line without its newline.
 */
export function sealLine(
  session: SessionId,
  content: unknown,
  using: { readonly at: LinePlace; readonly key: Uint8Array; readonly random: Random },
): string {
  const sealed = seal(using.key, padded(content), { aad: lineAad(session, using.at), random: using.random });
  return JSON.stringify({ t: "r", i: using.at.number, n: toBase64(sealed.nonce), ct: toBase64(sealed.bytes) });
}

// A line counts only in the one spelling that we write.
const LINE = /^\{"t":"r","i":(\d+),"n":"([A-Za-z\d+/=]+)","ct":"([A-Za-z\d+/=]+)"\}$/;

/**
 * Opens one entry.
 *
 * @param session The session.
 * @param line The line without its newline, untrusted.
 * @param using Line and key.
 * @returns Decoded JSON, or `undefined` when the line is not exactly the one that was written there.
 */
export function openLine(
  session: SessionId,
  line: string,
  using: { readonly at: LinePlace; readonly key: Uint8Array },
): unknown {
  const [, number, nonce, ct] = LINE.exec(line) ?? [];
  if (number !== String(using.at.number) || nonce === undefined || ct === undefined) return undefined;
  return opened(using.key, { nonce, ct }, lineAad(session, using.at));
}

/**
 * Says where the line after this one goes.
 *
 * @param at Place of a line.
 * @param line The line.
 * @returns The next place.
 */
export function placeAfter(at: LinePlace | null, line: string): LinePlace {
  return { number: (at?.number ?? 1) + 1, prev: b2(line) };
}

function macOf(
  place: TranscriptPlace,
  header: Pick<SealedHeader, "kid" | "key" | "created">,
  keys: Keys,
): Uint8Array {
  const { kid, key, created } = header;
  const bound = canonicalJson({ form: TRANSCRIPT_FORMAT, ...place, kid, key, created });
  return blake2b(new TextEncoder().encode(bound), 32, keys.derive(MAC_LABEL));
}

function headerAad(clear: Readonly<Record<string, unknown>>): string {
  return `${TRANSCRIPT_FORMAT}\n${JSON.stringify(clear)}`;
}

function lineAad(session: SessionId, at: LinePlace): string {
  return `${TRANSCRIPT_FORMAT}\n${session}\n${at.number}\n${at.prev}`;
}

function padded(content: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  const whole = new Uint8Array(Math.ceil(Math.max(bytes.length, 1) / PAD_BYTES) * PAD_BYTES).fill(0x20);
  whole.set(bytes);
  return whole;
}

// Made once: a transcript has thousands of lines.
const UTF8 = new TextDecoder("utf-8", { fatal: true });

function opened(key: Uint8Array, sealed: { readonly nonce: string; readonly ct: string }, aad: string): unknown {
  const nonce = fromBase64(sealed.nonce);
  const bytes = fromBase64(sealed.ct);
  const plain = nonce === null || bytes === null ? null : unseal(key, { nonce, bytes }, aad);
  if (plain === null) return undefined;
  try {
    const value: unknown = JSON.parse(UTF8.decode(plain));
    return value;
  } catch {
    return undefined;
  }
}

/** A line counts only in the one spelling that we write: same fields, same order, no blanks. */
function parseExactly(line: string, fields: readonly string[]): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || JSON.stringify(value) !== line) return null;
    const entries = Object.entries(value);
    return entries.length === fields.length && entries.every(([name], index) => name === fields[index])
      ? Object.fromEntries(entries)
      : null;
  } catch {
    return null;
  }
}
