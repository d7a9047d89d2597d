import { MAX_LINE_BYTES } from "./grammar.ts";

/** Shows that one event is in the record, without showing any other: for somebody who has only the public key. */
export interface EventProof {
  /** Version of this form. */
  readonly v: "azproof/1";
  /** Id of the session that the event belongs to. */
  readonly session: string;
  /** Number of its segment, from 1. */
  readonly seg: number;
  /** Number of the event within the session, from 1. */
  readonly seq: number;
  /** Which leaf of the tree the event is, from 0. */
  readonly index: number;
  /** Leaves below the root of the last checkpoint. */
  readonly size: number;
  /** The event's line. */
  readonly line: string;
  /** RFC 6962 audit path, `sha256:<hex>`. */
  readonly path: readonly string[];
  /** The segment's header: signed by the installation, names the first epoch key. */
  readonly header: string;
  /** Checkpoints up to the one that covers the event, each signed by the epoch that the one before names. */
  readonly checkpoints: readonly string[];
  /** Message key of this event alone, base64; `null` when it stays closed. */
  readonly mk: string | null;
}

const FIELDS = "v session seg seq index size line path header checkpoints mk";
const MAX_CHECKPOINTS = 100_000;
const MAX_PATH = 64;
const HASH = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads a proof, only in the form that `proveEvent()` gives it: every field in its order, nothing besides.
 *
 * @param value A parsed file, untrusted.
 * @returns The proof, or `null` for anything else.
 */
export function parseProof(value: unknown): EventProof | null {
  if (!isFields(value) || Object.keys(value).join(" ") !== FIELDS) return null;
  const { v, session, seg, seq, index, size, line, path, header, checkpoints, mk } = value;
  if (v !== "azproof/1" || !isLine(session) || !isLine(line) || !isLine(header)) return null;
  if (!isCount(seg) || !isCount(seq) || !isCount(index) || !isCount(size)) return null;
  if (mk !== null && !isLine(mk)) return null;
  if (!isList(path, MAX_PATH) || !isList(checkpoints, MAX_CHECKPOINTS)) return null;
  if (checkpoints.length === 0 || !path.every((hash) => HASH.test(hash))) return null;
  return { v, session, seg, seq, index, size, line, path, header, checkpoints, mk };
}

function isFields(value: unknown): value is Readonly<Record<keyof EventProof, unknown>> {
  return typeof value === "object" && value !== null;
}

function isLine(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_LINE_BYTES;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isList(value: unknown, most: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= most && value.every(isLine);
}
