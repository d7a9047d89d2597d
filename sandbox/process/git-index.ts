import { createHash } from "node:crypto";

const SKIP_WORKTREE = 0x4000;
const EXTENDED = 0x4000;
const HEADER_BYTES = 12;
// Everything of an entry before its object id: ten numbers of four bytes.
const STAT_BYTES = 40;
// These hold offsets of entries, which move; git writes them anew.
const OFFSET_EXTENSIONS: ReadonlySet<string> = new Set(["EOIE", "IEOT"]);

/** Tells for a path of an index whether its mark is set (`true`), cleared (`false`) or left (`null`). */
export type MarkPath = (path: string) => boolean | null;

/** A rewritten index. */
export interface MarkedIndex {
  readonly bytes: Uint8Array;
  /** Paths whose mark really changed. */
  readonly changed: readonly string[];
}

/**
 * Sets or clears the skip-worktree mark of entries of a git index (versions 2 to 4, SHA-1 and SHA-256).
 *
 * Threat: a masked file looks empty inside. Without the mark a commit made there would record that.
 *
 * @param index The index file.
 * @param mark Says what to do with a path, relative to the work tree.
 * @returns The new index and what changed, or `null` when it is no index that can be rewritten, e.g. a split one.
 */
export function markIndex(index: Uint8Array, mark: MarkPath): MarkedIndex | null {
  const source = Buffer.from(index.buffer, index.byteOffset, index.length);
  const hash = hashOf(source);
  if (hash === null || source.toString("latin1", 0, 4) !== "DIRC") return null;
  const version = source.readUInt32BE(4);
  if (version < 2 || version > 4) return null;
  try {
    return rewrite({ source, hash, version }, mark);
  } catch (error) {
    // Numbers of a damaged index that point beyond its end.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Hash {
  readonly name: "sha1" | "sha256";
  readonly bytes: 20 | 32;
  /** `index.skipHash` leaves zeros. */
  readonly zero: boolean;
}

interface Index {
  readonly source: Buffer;
  readonly hash: Hash;
  readonly version: number;
}

interface Entry {
  /** Fixed part with flags, without extended flags. */
  readonly fixed: Buffer;
  readonly extended: number;
  /** As it stands in the file: a whole name, or in version 4 a prefix count and a suffix. */
  readonly rawName: Buffer;
  readonly name: string;
  readonly end: number;
}

function rewrite(index: Index, mark: MarkPath): MarkedIndex | null {
  const { source, hash } = index;
  const count = source.readUInt32BE(8);
  const parts: Buffer[] = [];
  const changed: string[] = [];
  let [at, previous, anyExtended]: [number, string, boolean] = [HEADER_BYTES, "", false];
  for (let i = 0; i < count; i++) {
    const entry = readEntry(index, at, previous);
    const wanted = mark(Buffer.from(entry.name, "latin1").toString("utf8"));
    const extended = wanted === null
      ? entry.extended
      : wanted
      ? entry.extended | SKIP_WORKTREE
      : entry.extended & ~SKIP_WORKTREE;
    if (extended !== entry.extended) changed.push(Buffer.from(entry.name, "latin1").toString("utf8"));
    anyExtended ||= extended !== 0;
    parts.push(writeEntry(index.version, entry, extended));
    at = entry.end;
    previous = entry.name;
  }
  const extensions = readExtensions(source, at, source.length - hash.bytes);
  if (extensions === null) return null;
  const header = Buffer.from(source.subarray(0, HEADER_BYTES));
  if (index.version !== 4) header.writeUInt32BE(anyExtended ? 3 : 2, 4);
  const body = Buffer.concat([header, ...parts, ...extensions]);
  const sum = hash.zero ? Buffer.alloc(hash.bytes) : createHash(hash.name).update(body).digest();
  return { bytes: Buffer.concat([body, sum]), changed };
}

function readEntry(index: Index, start: number, previous: string): Entry {
  const { source, version } = index;
  const flagsAt = start + STAT_BYTES + index.hash.bytes;
  const flags = source.readUInt16BE(flagsAt);
  const hasExtended = (flags & EXTENDED) !== 0 && version >= 3;
  const nameAt = flagsAt + 2 + (hasExtended ? 2 : 0);
  const extended = hasExtended ? source.readUInt16BE(flagsAt + 2) : 0;
  const prefix = version === 4 ? readVarint(source, nameAt) : { value: 0, end: nameAt };
  const nul = source.indexOf(0, prefix.end);
  if (nul < 0 || prefix.value > previous.length) throw new RangeError("damaged entry");
  const suffix = source.toString("latin1", prefix.end, nul);
  const name = version === 4 ? previous.slice(0, previous.length - prefix.value) + suffix : suffix;
  // Versions 2 and 3 pad with one to eight NULs to a multiple of eight.
  const end = version === 4 ? nul + 1 : start + Math.floor((nul - start + 8) / 8) * 8;
  return { fixed: source.subarray(start, flagsAt + 2), extended, rawName: source.subarray(nameAt, nul), name, end };
}

function writeEntry(version: number, entry: Entry, extended: number): Buffer {
  const fixed = Buffer.from(entry.fixed);
  const flagsAt = fixed.length - 2;
  const flags = fixed.readUInt16BE(flagsAt);
  fixed.writeUInt16BE(extended === 0 ? flags & ~EXTENDED : flags | EXTENDED, flagsAt);
  const more = Buffer.alloc(extended === 0 ? 0 : 2);
  if (extended !== 0) more.writeUInt16BE(extended);
  const size = fixed.length + more.length + entry.rawName.length;
  return Buffer.concat([fixed, more, entry.rawName, Buffer.alloc(version === 4 ? 1 : 8 - (size % 8))]);
}

// The offset encoding of git: each further byte adds one, so that every number has one form.
function readVarint(source: Buffer, start: number): { readonly value: number; readonly end: number } {
  let at = start;
  let byte = source.readUInt8(at++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = source.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
    if (value > 65_536) throw new RangeError("damaged name");
  }
  return { value, end: at };
}

// Copies extensions; `null` for one that must be understood and is not, like that of a split index.
function readExtensions(source: Buffer, start: number, end: number): readonly Buffer[] | null {
  const kept: Buffer[] = [];
  let at = start;
  while (at < end) {
    const name = source.toString("latin1", at, at + 4);
    const next = at + 8 + source.readUInt32BE(at + 4);
    if (next > end || (/^[^A-Z]/.test(name) && name !== "sdir")) return null;
    if (!OFFSET_EXTENSIONS.has(name)) kept.push(source.subarray(at, next));
    at = next;
  }
  return kept;
}

function hashOf(source: Buffer): Hash | null {
  for (const [name, bytes] of [["sha1", 20], ["sha256", 32]] as const) {
    if (source.length < HEADER_BYTES + bytes) continue;
    const sum = source.subarray(source.length - bytes);
    const body = source.subarray(0, source.length - bytes);
    if (createHash(name).update(body).digest().equals(sum)) return { name, bytes, zero: false };
  }
  const tail = source.subarray(source.length - 20);
  return source.length >= HEADER_BYTES + 20 && tail.every((byte) => byte === 0)
    ? { name: "sha1", bytes: 20, zero: true }
    : null;
}
