import { CAPABILITIES, CLASSIFICATIONS, DECISIONS, isId, ISOLATION_TIERS, isWord } from "../core/mod.ts";
import { EVENT_NAMES } from "./event-words.ts";
import {
  B2,
  BASE64_32,
  BASE64_64,
  BASE64_80,
  decodeBase64,
  KID,
  NUMBER,
  safeNumber,
  SESSION,
  SHA256,
  TEXT,
} from "./grammar.ts";
import {
  AEAD,
  type ClearValues,
  CLOSE_WORDS,
  FORMAT,
  type HeaderRecord,
  type LogRecord,
  PAD_BYTES,
  type PreviousSegment,
  type Recipient,
} from "./record.ts";
import { CLEAR_FIELDS, type ClearField } from "./settings.ts";

/** A line that is not a record, and why. */
export interface BadLine {
  readonly t: "bad";
  readonly code: "LINE_INVALID" | "FORMAT_UNKNOWN";
  readonly why: string;
}

const RECIPIENT = `\\{"kid":"${KID}","w":"${BASE64_80}"\\}`;
const CLEAR_PAIR = `"[a-z]{1,16}":"[a-z._-]{1,32}"`;
const EVENT = new RegExp(
  `^\\{"t":"e","seq":${NUMBER},"ts":${NUMBER},"prev":"${B2}",` +
    `(?:"clear":\\{(${CLEAR_PAIR}(?:,${CLEAR_PAIR}){0,4})\\},)?"ct":"`,
);
const SEAL = `"seq":${NUMBER},"ts":${NUMBER},"prev":"${B2}","size":${NUMBER},"root":"${SHA256}"`;
const CHECKPOINT = new RegExp(`^\\{"t":"c",${SEAL},"next":"${BASE64_32}","sig":"${BASE64_64}"\\}$`);
const CLOSE = new RegExp(`^\\{"t":"z",${SEAL},"exit":"([a-z]+)","sig":"${BASE64_64}"\\}$`);
const PREVIOUS =
  `null|\\{"file":"${TEXT}","bytes":${NUMBER},"size":${NUMBER},"root":"${SHA256}","closed":(true|false)\\}`;
const WRITER =
  `\\{"pid":${NUMBER},"ns":"${TEXT}","boot":"${TEXT}","start":${NUMBER},"version":"${TEXT}","runtime":"${TEXT}"\\}`;
const HEADER = new RegExp(
  `^\\{"t":"h","v":"${FORMAT}","session":"${SESSION}","seg":${NUMBER},"seq":${NUMBER},"prev":"${B2}",` +
    `"prev_seg":(${PREVIOUS}),"created":${NUMBER},"writer":${WRITER},"policy":"${B2}","aead":"${AEAD}","pad":${PAD_BYTES},` +
    `"clear":\\[((?:"[a-z]+",?){0,5})\\],"to":\\[((?:${RECIPIENT.replaceAll(/\((?!\?)/g, "(?:")},?){1,64})\\],` +
    `"commit":"${BASE64_32}","pk":"${BASE64_32}","id":"${BASE64_32}","sig":"${BASE64_64}"\\}$`,
);
const ONE_RECIPIENT = new RegExp(RECIPIENT, "g");
const OTHER_FORMAT = /^\{"t":"h","v":"([ !#-[\]-~]{0,64})"/;

/**
 * Reads one line of a segment, in its one spelling.
 *
 * @param line The line without its newline.
 * @returns The record, or what is wrong with it; never throws.
 */
export function parseRecord(line: string): LogRecord | BadLine {
  // The kind stands at a fixed place; whatever else is there falls through to `bad`.
  switch (line.charAt(6)) {
    case "e":
      return parseEvent(line);
    case "c":
      return parseCheckpoint(line);
    case "z":
      return parseClose(line);
    case "h":
      return parseHeader(line);
    default:
      return bad("is no record of azlog/1");
  }
}

function parseEvent(line: string): LogRecord | BadLine {
  const match = EVENT.exec(line);
  const [seq, ts, prev] = [safeNumber(match?.[1]), safeNumber(match?.[2]), match?.[3]];
  if (match === null || seq === null || ts === null || prev === undefined) return bad("is no event record");
  if (!line.endsWith('"}')) return bad("is no event record");
  const ct = decodeBase64(line.slice(match[0].length, -2));
  if (ct === null) return bad("holds no base64, or a second spelling of it");
  const text = match[4];
  if (text === undefined) return { t: "e", seq, ts, prev, clear: null, ct };
  const clear = parseClear(text);
  return clear === null ? bad("holds an unknown clear field or value") : { t: "e", seq, ts, prev, clear, ct };
}

const CLEAR_WORDS: Readonly<Record<ClearField, readonly string[]>> = {
  event: EVENT_NAMES,
  capability: CAPABILITIES,
  classification: CLASSIFICATIONS,
  decision: DECISIONS,
  runtime: ISOLATION_TIERS,
};

function parseClear(text: string): ClearValues | null {
  const values: Partial<Record<ClearField, string>> = {};
  let after = -1;
  for (const pair of text.split(",")) {
    const [name, value] = pair.slice(1, -1).split('":"');
    if (!isWord(CLEAR_FIELDS, name) || !isWord(CLEAR_WORDS[name], value)) return null;
    const place = CLEAR_FIELDS.indexOf(name);
    if (place <= after) return null;
    after = place;
    values[name] = value;
  }
  return values;
}

function parseCheckpoint(line: string): LogRecord | BadLine {
  const match = CHECKPOINT.exec(line);
  const [seq, ts, size] = [safeNumber(match?.[1]), safeNumber(match?.[2]), safeNumber(match?.[4])];
  const [prev, root, next, sig] = [match?.[3], match?.[5], match?.[6], match?.[7]];
  if (seq === null || ts === null || size === null || !prev || !root || !next || !sig) return bad("is no checkpoint");
  return { t: "c", seq, ts, prev, size, root, next, sig };
}

function parseClose(line: string): LogRecord | BadLine {
  const match = CLOSE.exec(line);
  const [seq, ts, size] = [safeNumber(match?.[1]), safeNumber(match?.[2]), safeNumber(match?.[4])];
  const [prev, root, exit, sig] = [match?.[3], match?.[5], match?.[6], match?.[7]];
  if (seq === null || ts === null || size === null || !prev || !root || !sig) return bad("is no close record");
  if (!isWord(CLOSE_WORDS, exit)) return bad("holds an unknown exit");
  return { t: "z", seq, ts, prev, size, root, exit, sig };
}

function parseHeader(line: string): HeaderRecord | BadLine {
  const match = HEADER.exec(line);
  if (match === null) {
    const version = OTHER_FORMAT.exec(line)?.[1];
    if (version === undefined || version === FORMAT) return bad("is no header");
    return { t: "bad", code: "FORMAT_UNKNOWN", why: `has the format "${version}"` };
  }
  const text = match.map((part) => part ?? "");
  const [seg, seq, created, pid, start] = [2, 3, 11, 12, 15].map((index) => safeNumber(match[index]));
  const session = text[1];
  const clear = parseNames(text[19] ?? "");
  const to = parseRecipients(text[20] ?? "");
  const prevSeg = parsePrevious(match);
  if (!isId("ses", session) || seg == null || seq == null || created == null || pid == null || start == null) {
    return bad("holds a number out of range");
  }
  if (clear === null || to === null || prevSeg === undefined || seg === 0) return bad("is no header");
  const [prev, ns, boot] = [text[4] ?? "", text[13] ?? "", text[14] ?? ""];
  const [version, runtime, policy] = [text[16] ?? "", text[17] ?? "", text[18] ?? ""];
  const [commit, pk, id, sig] = [text[21] ?? "", text[22] ?? "", text[23] ?? "", text[24] ?? ""];
  const writer = { pid, ns, boot, start, version, runtime };
  return {
    t: "h",
    session,
    seg,
    seq,
    prev,
    prev_seg: prevSeg,
    created,
    writer,
    policy,
    clear,
    to,
    commit,
    pk,
    id,
    sig,
  };
}

/** `undefined` when a number is out of range. */
function parsePrevious(match: RegExpExecArray): PreviousSegment | null | undefined {
  if (match[5] === "null") return null;
  const [bytes, size] = [safeNumber(match[7]), safeNumber(match[8])];
  if (bytes === null || size === null) return undefined;
  return { file: match[6] ?? "", bytes, size, root: match[9] ?? "", closed: match[10] === "true" };
}

function parseNames(text: string): readonly ClearField[] | null {
  const names: ClearField[] = [];
  if (text === "") return names;
  for (const quoted of text.split(",")) {
    const name = quoted.slice(1, -1);
    if (!isWord(CLEAR_FIELDS, name)) return null;
    if (names.some((other) => CLEAR_FIELDS.indexOf(other) >= CLEAR_FIELDS.indexOf(name))) return null;
    names.push(name);
  }
  return names;
}

function parseRecipients(text: string): readonly Recipient[] | null {
  const found = [...text.matchAll(ONE_RECIPIENT)].map((match) => ({ kid: match[1] ?? "", w: match[2] ?? "" }));
  // The lengths must add up: no comma too many, none missing.
  return found.map(({ kid, w }) => `{"kid":"${kid}","w":"${w}"}`).join(",") === text ? found : null;
}

function bad(why: string): BadLine {
  return { t: "bad", code: "LINE_INVALID", why };
}
