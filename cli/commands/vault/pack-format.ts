import { inflateSync } from "node:zlib";

/** Larger objects are left out and named. */
export const MAX_OBJECT_BYTES: number = 64 * 1024 * 1024;

/** How an entry of a pack begins. */
export interface EntryHead {
  /** 1 to 4 are objects, 6 and 7 deltas. */
  readonly type: number;
  /** Bytes of its content, once it is inflated. */
  readonly size: number;
  /** Where the head ends. */
  readonly next: number;
}

/**
 * Reads the index of a pack, version 2.
 *
 * @param index The whole file.
 * @param idBytes 20 for SHA-1, 32 for SHA-256.
 * @returns Where each object begins in the pack, or `null` when the file is of another form.
 * @throws {RangeError} When it names a large offset that it does not hold.
 */
export function readIndex(index: Buffer, idBytes: number): ReadonlyMap<string, number> | null {
  if (index.length < 8 + 1024 || index.readUInt32BE(0) !== 0xff744f63 || index.readUInt32BE(4) !== 2) return null;
  const count = index.readUInt32BE(8 + 255 * 4);
  const ids = 8 + 1024;
  const offsets = ids + count * (idBytes + 4);
  const large = offsets + count * 4;
  // The file ends with two checksums; what is between them and the table are 8-byte offsets.
  const rest = index.length - large - 2 * idBytes;
  if (rest < 0 || rest % 8 !== 0 || rest > count * 8) return null;
  const found = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const id = index.toString("hex", ids + i * idBytes, ids + (i + 1) * idBytes);
    const small = index.readUInt32BE(offsets + i * 4);
    found.set(id, small < 0x80000000 ? small : Number(index.readBigUInt64BE(large + (small - 0x80000000) * 8)));
  }
  return found;
}

/**
 * Reads the head of an entry.
 *
 * @param entry The bytes from where it begins.
 * @returns Type and size; of damaged bytes some type and size.
 */
export function entryHead(entry: Uint8Array): EntryHead {
  let next = 0;
  let byte = entry[next++] ?? 0;
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; (byte & 0x80) !== 0 && next < 12; factor *= 128) {
    byte = entry[next++] ?? 0;
    size += (byte & 0x7f) * factor;
  }
  return { type, size, next };
}

/**
 * Reads how far before a delta its base begins.
 *
 * @param entry The bytes of the entry.
 * @param at Where the number begins.
 * @returns Bytes, and where the number ends.
 */
export function negativeOffset(entry: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let next = at;
  let byte = entry[next++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && next < at + 9) {
    byte = entry[next++] ?? 0;
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next };
}

/**
 * Applies a delta.
 *
 * @param base What it starts from.
 * @param delta The delta, inflated.
 * @returns The object, or `null` when the delta is damaged, is for another base, or gives too much.
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | null {
  const from = varint(delta, 0);
  const to = varint(delta, from.next);
  if (from.value !== base.length || to.value > MAX_OBJECT_BYTES) return null;
  const out = new Uint8Array(to.value);
  let length = 0;
  let at = to.next;
  while (at < delta.length) {
    const op = delta[at++] ?? 0;
    if (op === 0) return null;
    let part: Uint8Array;
    if ((op & 0x80) === 0) {
      part = delta.subarray(at, at + op);
      at += op;
    } else {
      let offset = 0;
      let size = 0;
      for (let i = 0; i < 4; i++) if ((op & (1 << i)) !== 0) offset += (delta[at++] ?? 0) * 2 ** (8 * i);
      for (let i = 0; i < 3; i++) if ((op & (16 << i)) !== 0) size += (delta[at++] ?? 0) * 2 ** (8 * i);
      part = base.subarray(offset, offset + (size === 0 ? 65_536 : size));
    }
    if (length + part.length > out.length) return null;
    out.set(part, length);
    length += part.length;
  }
  return length === out.length ? out : null;
}

function varint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let next = at;
  for (let factor = 1; next < at + 8; factor *= 128) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 0x7f) * factor;
    if ((byte & 0x80) === 0) break;
  }
  return { value, next };
}

/**
 * Inflates a part of an entry.
 *
 * @param entry The bytes of the entry.
 * @param at Where the compressed bytes begin; what comes behind them is passed over.
 * @param size Bytes of the result.
 * @returns The result.
 * @throws {RangeError} When there are more or fewer; other errors for bytes that are not compressed.
 */
export function inflate(entry: Uint8Array, at: number, size: number): Uint8Array {
  const bytes = inflateSync(entry.subarray(at), { maxOutputLength: Math.max(size, 1) });
  if (bytes.length !== size) throw new RangeError("a size that does not fit");
  return bytes;
}
