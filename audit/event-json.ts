import { APPROVAL_SCOPES, b2, CAPABILITIES, CLASSIFICATIONS, DECISIONS, ISOLATION_TIERS, LAYERS } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { APPROVAL_ANSWERS, EVENT_NAMES, FRONTS, RESULT_STATUSES } from "./event-words.ts";
import type { AuditEvent } from "./event.ts";
import { ascii, type Bounds, flag, integer, list, object, type Shape, text, word } from "./event-shape.ts";

/** Longest event, in bytes of JSON before padding. */
export const MAX_EVENT_BYTES = 32_768;
/** Longest text of an event, in bytes. */
export const MAX_TEXT_BYTES = 4096;
/** Most entries of a list of an event. */
export const MAX_LIST_ITEMS = 64;
const CLASSES = word(CLASSIFICATIONS);

const ACTION = object({
  capability: word(CAPABILITIES),
  target: text,
  classification: CLASSES,
  decision: word(DECISIONS),
  rule: text,
  layer: word(LAYERS),
  more: integer,
  digest: text,
});

// The order of these fields is the format. Typed by the event, so that none can be forgotten.
const FIELDS: Readonly<Record<keyof AuditEvent, Shape>> = {
  event: word(EVENT_NAMES),
  execution_id: text,
  call: text,
  parent_id: text,
  turn: integer,
  session_id: text,
  timestamp: text,
  mono_ms: integer,
  trace_id: text,
  span_id: text,
  correlation: ascii(64),
  actor: object({ uid: integer, front: word(FRONTS) }),
  model: object({ provider: text, name: text, host: text, request: text }),
  action: text,
  tool: text,
  capability: word(CAPABILITIES),
  classification: CLASSES,
  actions: list(ACTION, summarise),
  decision: word(DECISIONS),
  rule: text,
  layer: word(LAYERS),
  reason: text,
  policy: text,
  obligations: object({ redact: list(CLASSES), max_bytes: integer, met: flag }),
  tainted: flag,
  sources: list(text),
  runtime: word(ISOLATION_TIERS),
  sandbox: text,
  skill: object({ id: text, version: text, publisher: text, digest: text, fingerprint: text, run: text }),
  approval: object({
    scope: word(APPROVAL_SCOPES),
    answer: word(APPROVAL_ANSWERS),
    channel: text,
    latency_ms: integer,
    digest: text,
  }),
  secret_handles: list(text),
  network: object({ host: text, ip: text, port: integer, method: text, status: integer }),
  redactions: list(object({ class: CLASSES, count: integer, by: text })),
  bytes_in: integer,
  bytes_out: integer,
  tag_in: text,
  tag_out: text,
  result: object({
    status: word(RESULT_STATUSES),
    exit: integer,
    ms: integer,
    truncated: flag,
    error: object({ code: text, message: text }),
  }),
};

const EVENT = object(FIELDS);

/** Names of all fields of an event, in the order of the format. */
export const EVENT_FIELDS: readonly string[] = Object.keys(FIELDS);

// Each row is tried until the event fits; the last one always does.
const SHRINK: readonly (readonly [textBytes: number, items: number])[] = [
  [MAX_TEXT_BYTES, MAX_LIST_ITEMS],
  [1024, MAX_LIST_ITEMS],
  [256, MAX_LIST_ITEMS],
  [96, 32],
  [64, 8],
  [32, 1],
];

/**
 * Writes an event as JSON: fields in the order of the format, texts masked, texts and lists cut until all fits.
 *
 * @param event The event.
 * @param mask Masks secret values in one text.
 * @returns At most {@link MAX_EVENT_BYTES} bytes of JSON.
 * @throws {AuditError} `EVENT_INVALID` when a value is not of its type, e.g. an unknown capability.
 */
export function encodeEvent(event: AuditEvent, mask: (text: string) => string): string {
  for (const [textBytes, items] of SHRINK) {
    const json = EVENT(event, { textBytes, items, mask }) ?? "";
    if (json.length * 3 <= MAX_EVENT_BYTES || Buffer.byteLength(json) <= MAX_EVENT_BYTES) return json;
  }
  throw new AuditError("EVENT_INVALID", "Cannot record event: it does not fit, however short it is cut");
}

const READ: Bounds = { textBytes: MAX_TEXT_BYTES, items: MAX_LIST_ITEMS, mask: null };

/**
 * Reads a decrypted event, only in the spelling that {@link encodeEvent} writes.
 *
 * @param padded JSON and trailing spaces.
 * @returns The event, or `null` for anything else: unknown, reordered or duplicate fields, unknown words.
 */
export function decodeEvent(padded: string): AuditEvent | null {
  const json = padded.endsWith(" ") ? padded.replace(/ +$/, "") : padded;
  try {
    const value: unknown = JSON.parse(json);
    // Writing it again must give the same text: this is what makes order, spelling and set of fields exact.
    return isEvent(value) && EVENT(value, READ) === json ? value : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is AuditEvent {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
}

/** Stands for the actions that were left out, so that the whole list can still be compared. */
function summarise(rest: number, all: string): string {
  return `{"more":${rest},"digest":"${b2(all)}"}`;
}
