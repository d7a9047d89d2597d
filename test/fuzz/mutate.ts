import { bytesOf } from "./target.ts";

/** Whole numbers from 0 to below the bound. */
export type Below = (bound: number) => number;

/** What inputs are made of. */
export interface Soil {
  /** Inputs to start from. */
  readonly pool: readonly Uint8Array[];
  /** Words of the format. */
  readonly words: readonly string[];
}

/** The most bytes of an input: enough to meet every bound that is not about size alone. */
export const MAX_INPUT_BYTES: number = 96 * 1024;

const BYTES = [0, 1, 7, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x27, 0x2c, 0x3a, 0x5b, 0x7b, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];
const NUMBERS = "0 -1 1 2147483647 2147483648 4294967296 9007199254740991 9007199254740993 1e999 0x7f 00 1.5 -0 NaN"
  .split(
    " ",
  );
const TEXTS = [
  "\u0000",
  "\u202e",
  "\u200b",
  "\ufeff",
  "\u0301",
  "\u{1f600}",
  "__proto__",
  "constructor",
  "toString",
  "../",
  "${project}",
  "~",
  "&a ",
  "*a",
  "!!js/function ",
  "<<: ",
  "%YAML 1.1\n",
  "---\n",
  "...\n",
  "null",
  "\r\n",
  "\t",
  "\\u0000",
  "\\ud800",
  "[[[[[[[[",
  "{{{{{{{{",
  "]]]]",
  "}}}}",
];
const TOKENS = /[A-Za-z0-9_./*-]+|\s+|[^\sA-Za-z0-9]/g;

/**
 * Makes one input: a sample with a few changes, rarely bytes by chance.
 *
 * @param below The source of chance.
 * @param soil What to make it of.
 * @returns At most {@link MAX_INPUT_BYTES} bytes.
 */
export function mutate(below: Below, soil: Soil): Uint8Array {
  if (below(50) === 0) return noise(below, below(64));
  let bytes: Uint8Array = pick(below, soil.pool) ?? new Uint8Array();
  // A few changes find what lies deep, many what lies at the door.
  for (let left = 1 + below(below(4) === 0 ? 16 : 3); left > 0; left--) bytes = change(below, bytes, soil);
  return bytes.length > MAX_INPUT_BYTES ? bytes.slice(0, MAX_INPUT_BYTES) : bytes;
}

function change(below: Below, bytes: Uint8Array, soil: Soil): Uint8Array {
  switch (below(14)) {
    case 0:
      return withByte(bytes, below(bytes.length + 1), (byte) => byte ^ (1 << below(8)));
    case 1:
      return withByte(bytes, below(bytes.length + 1), () => pick(below, BYTES) ?? 0);
    case 2:
      return bytes.slice(0, below(bytes.length + 1));
    case 3:
      return spliced(bytes, range(below, bytes, 32), new Uint8Array());
    case 4:
      return spliced(bytes, [below(bytes.length + 1), 0], noise(below, 1 + below(8)));
    case 5: {
      const [at, length] = range(below, bytes, 64);
      return spliced(bytes, [below(bytes.length + 1), 0], bytes.slice(at, at + length));
    }
    case 6:
      return crossed(below, bytes, pick(below, soil.pool) ?? bytes);
    case 7:
      return repeated(below, bytes);
    case 8:
      return spliced(bytes, [below(bytes.length + 1), 0], bytesOf(pick(below, TEXTS) ?? ""));
    case 9:
      return inLines(below, bytes);
    case 10:
      return inJson(below, bytes, soil);
    default:
      return inTokens(below, bytes, soil);
  }
}

function withByte(bytes: Uint8Array, at: number, to: (byte: number) => number): Uint8Array {
  const changed = bytes.slice();
  const byte = changed[at];
  if (byte !== undefined) changed[at] = to(byte);
  return changed;
}

function spliced(bytes: Uint8Array, [at, length]: readonly [number, number], put: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)]));
}

function crossed(below: Below, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const [at, length] = range(below, other, 256);
  return spliced(bytes, range(below, bytes, 256), other.subarray(at, at + length));
}

/** One short range many times: depth and length. */
function repeated(below: Below, bytes: Uint8Array): Uint8Array {
  const [at, length] = range(below, bytes, 12);
  const part = bytes.subarray(at, at + length);
  const times = 1 << below(below(3) === 0 ? 13 : 6);
  return spliced(bytes, [at, 0], Uint8Array.from(Buffer.concat(Array.from({ length: times }, () => part))));
}

function inLines(below: Below, bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const [from, to] = [below(lines.length), below(lines.length)];
  const line = lines[from] ?? "";
  switch (below(4)) {
    case 0:
      lines.splice(from, 1);
      break;
    case 1:
      lines.splice(to, 0, line);
      break;
    case 2:
      lines[from] = lines[to] ?? "";
      lines[to] = line;
      break;
    default:
      lines[from] = below(2) === 0 ? `  ${line}` : line.replace(/^ {2}/, "");
  }
  return Uint8Array.from(Buffer.from(lines.join("\n"), "latin1"));
}

function inTokens(below: Below, bytes: Uint8Array, soil: Soil): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const tokens = text.match(TOKENS) ?? [];
  const at = below(tokens.length + 1);
  const token = pick(below, tokens) ?? "";
  const put = [
    pick(below, soil.words) ?? "",
    pick(below, NUMBERS) ?? "",
    token,
    Buffer.from(pick(below, TEXTS) ?? "").toString("latin1"),
  ][below(4)] ?? "";
  tokens.splice(at, below(3), put);
  return Uint8Array.from(Buffer.from(tokens.join(""), "latin1"));
}

/** Changes one value of a JSON text and writes it again, so that what checks the spelling first lets it through. */
function inJson(below: Below, bytes: Uint8Array, soil: Soil): Uint8Array {
  const text = Buffer.from(bytes).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return inTokens(below, bytes, soil);
  }
  const changed = JSON.stringify(changedValue(below, value, soil));
  return bytesOf(`${changed ?? ""}${text.endsWith("\n") ? "\n" : ""}`);
}

function changedValue(below: Below, value: unknown, soil: Soil): unknown {
  if (typeof value !== "object" || value === null || below(4) === 0) return otherValue(below, value, soil);
  if (Array.isArray(value)) {
    const items: unknown[] = [...value];
    const at = below(items.length + 1);
    if (below(3) === 0) items.splice(at, below(2), items[below(items.length + 1)]);
    else items[at] = changedValue(below, items[at], soil);
    return items;
  }
  const members = Object.entries(value);
  const at = below(members.length + 1);
  const [key, member] = members[at] ?? [pick(below, soil.words) ?? "x", null];
  if (below(5) === 0) members.splice(at, 1);
  else members[at] = [below(8) === 0 ? pick(below, soil.words) ?? key : key, changedValue(below, member, soil)];
  return Object.fromEntries(members);
}

function otherValue(below: Below, value: unknown, soil: Soil): unknown {
  if (typeof value === "string" && below(2) === 0) {
    return Buffer.from(change(below, bytesOf(value), { ...soil, pool: [bytesOf(value)] })).toString("utf8");
  }
  if (typeof value === "number" && below(2) === 0) return value + (below(3) - 1) * 2 ** below(54);
  const others = [null, true, false, 0, -1, 1.5, 2 ** 53, "", "x".repeat(below(5_000)), [], {}, [value], { x: value }];
  return below(2) === 0 ? pick(below, soil.words) ?? "" : others[below(others.length)];
}

function noise(below: Below, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(256));
}

function range(below: Below, bytes: Uint8Array, most: number): [number, number] {
  const at = below(bytes.length + 1);
  return [at, Math.min(bytes.length - at, 1 + below(most))];
}

function pick<T>(below: Below, all: readonly T[]): T | undefined {
  return all[below(all.length)];
}

/** A source of chance that is the same for a seed on every runtime (mulberry32). */
export function chance(seed: number): Below {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return bound <= 1 ? 0 : ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
