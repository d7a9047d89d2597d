import { isId, isWord, type SessionId } from "../core/mod.ts";
import { CLEAR_FIELDS, type ClearField } from "./settings.ts";
import { AEAD, type ClearValues, FORMAT, type HeaderRecord, PAD_BYTES } from "./record.ts";

/** A header before it is signed. */
export type UnsignedHeader = Omit<HeaderRecord, "t" | "sig">;

/**
 * Writes a header up to and including `"sig":"`, the part that is signed.
 *
 * @param header Every field; texts must be printable ASCII.
 * @returns The start of the line.
 */
export function formatHeader(header: UnsignedHeader): string {
  const { writer, prev_seg: before } = header;
  // Spelled out, not mapped: the order of the fields is the format.
  const text = JSON.stringify({
    t: "h",
    v: FORMAT,
    session: header.session,
    seg: header.seg,
    seq: header.seq,
    prev: header.prev,
    prev_seg: before === null ? null : {
      file: before.file,
      bytes: before.bytes,
      size: before.size,
      root: before.root,
      closed: before.closed,
    },
    created: header.created,
    writer: {
      pid: writer.pid,
      ns: writer.ns,
      boot: writer.boot,
      start: writer.start,
      version: writer.version,
      runtime: writer.runtime,
    },
    policy: header.policy,
    aead: AEAD,
    pad: PAD_BYTES,
    clear: header.clear,
    to: header.to.map(({ kid, w }) => ({ kid, w })),
    commit: header.commit,
    pk: header.pk,
    id: header.id,
  });
  return `${text.slice(0, -1)},"sig":"`;
}

/**
 * Writes an event record up to and including `"ct":"`, the part that is authenticated beside the ciphertext.
 *
 * @param fields Sequence number, time, chain value and clear envelope.
 * @returns The start of the line.
 */
export function formatEventStart(
  fields: {
    readonly seq: number;
    readonly ts: number;
    readonly prev: string;
    readonly clear: ClearValues | null;
  },
): string {
  const clear = fields.clear === null ? "" : `"clear":${JSON.stringify(fields.clear)},`;
  return `{"t":"e","seq":${fields.seq},"ts":${fields.ts},"prev":"${fields.prev}",${clear}"ct":"`;
}

/**
 * Writes a checkpoint or close record up to and including `"sig":"`.
 *
 * @param fields What both have in common.
 * @param end `next` of a checkpoint or `exit` of a close record.
 * @returns The start of the line.
 */
export function formatSeal(
  fields: {
    readonly seq: number;
    readonly ts: number;
    readonly prev: string;
    readonly size: number;
    readonly root: string;
  },
  end: { readonly next: string } | { readonly exit: string },
): string {
  const [t, last] = "next" in end ? ["c", `"next":"${end.next}"`] : ["z", `"exit":"${end.exit}"`];
  return `{"t":"${t}","seq":${fields.seq},"ts":${fields.ts},"prev":"${fields.prev}","size":${fields.size},` +
    `"root":"${fields.root}",${last},"sig":"`;
}

/**
 * Names the file of a segment.
 *
 * @param session The session.
 * @param seg Number of the segment, from 1.
 * @returns `<session>.jsonl` for the first, `<session>.<seg>.jsonl` for later ones.
 */
export function segmentName(session: SessionId, seg: number): string {
  return seg === 1 ? `${session}.jsonl` : `${session}.${seg}.jsonl`;
}

const SEGMENT_NAME = /^(ses_[0-9A-Z]{26})(?:\.([1-9][0-9]{0,5}))?\.jsonl$/;

/**
 * Reads the name of a segment file.
 *
 * @param name A name in the audit folder.
 * @returns Session and number, or `null` when it is no segment.
 */
export function parseSegmentName(name: string): { readonly session: SessionId; readonly seg: number } | null {
  const match = SEGMENT_NAME.exec(name);
  const session = match?.[1];
  if (!isId("ses", session)) return null;
  const seg = match?.[2] === undefined ? 1 : Number(match[2]);
  return match?.[2] === "1" ? null : { session, seg };
}

/**
 * Picks the values that the settings allow in clear.
 *
 * @param names Names in clear; any order.
 * @param event The event.
 * @returns The values in the order of the format, or `null` when there is none.
 */
export function clearValues(
  names: readonly ClearField[],
  event: Readonly<Partial<Record<ClearField, string | null | undefined>>>,
): ClearValues | null {
  if (names.length === 0) return null;
  const values: Partial<Record<ClearField, string>> = {};
  for (const name of CLEAR_FIELDS) {
    const value = event[name];
    if (isWord(names, name) && typeof value === "string") values[name] = value;
  }
  return Object.keys(values).length === 0 ? null : values;
}
