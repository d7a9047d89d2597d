import type { AuditEvent } from "./event.ts";
import { decodeEvent } from "./event-json.ts";
import { clearValues } from "./format-record.ts";
import type { Ratchet } from "./ratchet.ts";
import type { LineView } from "./read-lines.ts";
import { type EventRecord, type HeaderRecord, PAD_BYTES } from "./record.ts";

/** Bytes of `"}` behind the ciphertext. */
const CIPHER_TAIL = 2;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An event that could be read, or the reason why it could not. */
export type ReadEvent =
  | { readonly kind: "event"; readonly event: AuditEvent }
  | { readonly kind: "bad"; readonly code: "AEAD_FAILED" | "EVENT_INVALID" };

/**
 * Decrypts one event and checks that it says the same as the line around it.
 *
 * @param ratchet Keys of the segment, at this event; moves on by one.
 * @param record The parsed line.
 * @param place Header of the segment and the line itself.
 * @returns The event, or what is wrong with it.
 */
export function readEvent(
  ratchet: Ratchet,
  record: EventRecord,
  place: { readonly header: HeaderRecord; readonly line: LineView },
): ReadEvent {
  const { buffer, start, end } = place.line;
  const aad = buffer.subarray(start, end - CIPHER_TAIL - base64Length(record.ct));
  const plain = ratchet.decrypt(record.ct, aad);
  if (plain === null) return { kind: "bad", code: "AEAD_FAILED" };
  const event = openPadding(plain);
  return event !== null && agrees(event, record, place.header)
    ? { kind: "event", event }
    : { kind: "bad", code: "EVENT_INVALID" };
}

/** Characters of base64 that some bytes take. */
export function base64Length(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / 3) * 4;
}

/**
 * Reads the padded plaintext of an event.
 *
 * @param plain Decrypted bytes.
 * @returns The event, or `null` when padding or spelling is not exactly the format's.
 */
export function openPadding(plain: Uint8Array): AuditEvent | null {
  if (plain.length === 0 || plain.length % PAD_BYTES !== 0) return null;
  let end = plain.length;
  while (end > 0 && plain[end - 1] === 0x20) end--;
  if (plain.length - end >= PAD_BYTES) return null;
  try {
    return decodeEvent(UTF8.decode(plain.subarray(0, end)));
  } catch {
    return null;
  }
}

function agrees(event: AuditEvent, record: EventRecord, header: HeaderRecord): boolean {
  if (event.session_id !== header.session) return false;
  if (event.timestamp !== timestampOf(record.ts)) return false;
  if (header.clear.length === 0) return record.clear === null;
  return JSON.stringify(clearValues(header.clear, event)) === JSON.stringify(record.clear);
}

/**
 * Writes a time as events do.
 *
 * @param ms Milliseconds since 1970.
 * @returns RFC 3339, UTC, milliseconds; empty beyond what dates can express.
 */
export function timestampOf(ms: number): string {
  // Events come in bursts: many have the same time.
  if (ms !== last.ms) last = { ms, text: Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : "" };
  return last.text;
}

let last: { readonly ms: number; readonly text: string } = { ms: 0, text: "1970-01-01T00:00:00.000Z" };
