import { isId, isWord, type SessionId } from "../core/mod.ts";
import { B2, BASE64_32, BASE64_64, NUMBER, safeNumber, SESSION, SHA256 } from "./grammar.ts";

/** The format of ledgers. */
export const LEDGER_FORMAT = "azheads/1";

/** What a ledger line tells of. */
export const LEDGER_KINDS = ["open", "head", "close", "prune", "read", "key", "vault"] as const;
/** One of {@link LEDGER_KINDS}. */
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** What a ledger line says; the ledger adds number, chain value, time and signature. */
export interface LedgerEntry {
  readonly kind: LedgerKind;
  readonly session?: SessionId | undefined;
  /** Real path of the project; only in the user ledger. */
  readonly dir?: string | undefined;
  readonly seg?: number | undefined;
  readonly seq?: number | undefined;
  readonly size?: number | undefined;
  readonly root?: string | undefined;
  readonly head?: string | undefined;
  /** Generation of the vault. */
  readonly gen?: number | undefined;
  /** MAC of the vault; for `key` the new public key. Base64 of 32 bytes. */
  readonly mac?: string | undefined;
}

/** One whole line of a ledger. */
export interface LedgerRecord extends LedgerEntry {
  readonly n: number;
  readonly prev: string;
  readonly ts: number;
  readonly sig: string;
}

const STRING = '("(?:[^"\\\\\\u0000-\\u001f]|\\\\.)*")';
const LINE = new RegExp(
  `^\\{"v":"${LEDGER_FORMAT}","n":${NUMBER},"prev":"${B2}","ts":${NUMBER},"kind":"([a-z]+)"` +
    `(?:,"session":"${SESSION}")?(?:,"dir":${STRING})?(?:,"seg":${NUMBER})?(?:,"seq":${NUMBER})?` +
    `(?:,"size":${NUMBER})?(?:,"root":"${SHA256}")?(?:,"head":"${B2}")?(?:,"gen":${NUMBER})?(?:,"mac":"${BASE64_32}")?` +
    `,"sig":"${BASE64_64}"\\}$`,
);

/**
 * Writes a ledger line up to and including `"sig":"`, the part that is signed.
 *
 * @param entry What it says.
 * @param place Its number, the chain value before it and the time.
 * @returns The start of the line.
 */
export function formatLedgerStart(
  entry: LedgerEntry,
  place: { readonly n: number; readonly prev: string; readonly ts: number },
): string {
  // Absent fields are left out by JSON; the order is the format.
  const text = JSON.stringify({
    v: LEDGER_FORMAT,
    n: place.n,
    prev: place.prev,
    ts: place.ts,
    kind: entry.kind,
    session: entry.session,
    dir: entry.dir,
    seg: entry.seg,
    seq: entry.seq,
    size: entry.size,
    root: entry.root,
    head: entry.head,
    gen: entry.gen,
    mac: entry.mac,
  });
  return `${text.slice(0, -1)},"sig":"`;
}

/**
 * Reads one line of a ledger, in its one spelling.
 *
 * @param line The line without its newline.
 * @returns The record, or `null` for anything else.
 */
export function parseLedgerLine(line: string): LedgerRecord | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [n, ts] = [safeNumber(match[1]), safeNumber(match[3])];
  const [prev, kind, session, quoted, sig] = [match[2], match[4], match[5], match[6], match[14]];
  if (n === null || n === 0 || ts === null || !prev || !sig || !isWord(LEDGER_KINDS, kind)) return null;
  if (session !== undefined && !isId("ses", session)) return null;
  const dir = readString(quoted);
  if (dir === null) return null;
  const numbers = [match[7], match[8], match[9], match[12]].map((text) => text === undefined ? -1 : safeNumber(text));
  const [seg, seq, size, gen] = numbers;
  if (seg == null || seq == null || size == null || gen == null) return null;
  const record: LedgerRecord = {
    n,
    prev,
    ts,
    kind,
    session,
    dir,
    seg: present(seg),
    seq: present(seq),
    size: present(size),
    root: match[10],
    head: match[11],
    gen: present(gen),
    mac: match[13],
    sig,
  };
  return isComplete(record) ? record : null;
}

/** `undefined` when absent, `null` when it is a second spelling of its text. */
function readString(quoted: string | undefined): string | undefined | null {
  if (quoted === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === "string" && JSON.stringify(value) === quoted ? value : null;
  } catch {
    return null;
  }
}

function present(value: number): number | undefined {
  return value === -1 ? undefined : value;
}

/** Each kind has exactly its own fields. */
function isComplete(record: LedgerRecord): boolean {
  const { session, dir, seg, seq, size, root, head, gen, mac } = record;
  const state = [seg, seq, size, root, head];
  const [allState, noState] = [!state.includes(undefined), state.every((field) => field === undefined)];
  switch (record.kind) {
    case "open":
    case "head":
    case "close":
    case "prune":
      return session !== undefined && allState && gen === undefined && mac === undefined;
    case "read":
      return noState && gen === undefined && mac === undefined;
    case "key":
      return session === undefined && dir === undefined && noState && gen === undefined && mac !== undefined;
    case "vault":
      return session === undefined && dir === undefined && noState && gen !== undefined && mac !== undefined;
    default:
      return record.kind satisfies never;
  }
}
