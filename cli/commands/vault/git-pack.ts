import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { inflateSync } from "node:zlib";

/** Larger objects are left out and named. */
export const MAX_OBJECT_BYTES: number = 64 * 1024 * 1024;

/** An object as git stores it. */
export interface RawObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

type Content = Omit<RawObject, "id">;
/** Finds the base of a delta that is not in this pack. */
type FindBase = (id: string) => RawObject | null;

const TYPES: Readonly<Record<number, string>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };
const OFFSET_DELTA = 6;
const NAMED_DELTA = 7;
const MAX_CHAIN = 4096;
const CACHE_BYTES = 32 * 1024 * 1024;

/** One pack file and its index (version 2), read by offset. */
export class GitPack {
  readonly #path: string;
  readonly #offsets: ReadonlyMap<string, number>;
  /** Offset to where the next entry, or the trailer, begins. */
  readonly #ends: ReadonlyMap<number, number>;
  readonly #idBytes: number;
  readonly #cache = new Map<number, Content>();
  #cached = 0;

  private constructor(
    path: string,
    index: ReadonlyMap<string, number>,
    size: { readonly id: number; readonly end: number },
  ) {
    this.#path = path;
    this.#offsets = index;
    this.#idBytes = size.id;
    const sorted = [...index.values()].toSorted((a, b) => a - b);
    this.#ends = new Map(sorted.map((offset, at) => [offset, sorted[at + 1] ?? size.end]));
  }

  /** Opens `<base>.pack` and `<base>.idx`; `null` when they are of another form. */
  static open(base: string): GitPack | null {
    try {
      const index = readFileSync(`${base}.idx`);
      for (const idBytes of [20, 32]) {
        const offsets = readIndex(index, idBytes);
        if (offsets === null) continue;
        const fd = openSync(`${base}.pack`, "r");
        const end = fstatSync(fd).size - idBytes;
        closeSync(fd);
        return new GitPack(`${base}.pack`, offsets, { id: idBytes, end });
      }
    } catch {
      // Missing or unreadable.
    }
    return null;
  }

  /** Ids of all objects, in the order of the file, so that reading goes forward. */
  ids(): readonly string[] {
    return [...this.#offsets].toSorted((a, b) => a[1] - b[1]).map(([id]) => id);
  }

  /** Tells whether an object is in this pack. */
  has(id: string): boolean {
    return this.#offsets.has(id);
  }

  /** Reads an object; `null` when it is damaged, too large, or its base is missing. */
  read(id: string, findBase: FindBase): RawObject | null {
    const offset = this.#offsets.get(id);
    if (offset === undefined) return null;
    const fd = openSync(this.#path, "r");
    try {
      const content = this.#readAt({ fd, offset, findBase, depth: 0 });
      return content === null ? null : { id, ...content };
    } catch {
      return null;
    } finally {
      closeSync(fd);
    }
  }

  #readAt(
    at: { readonly fd: number; readonly offset: number; readonly findBase: FindBase; readonly depth: number },
  ): Content | null {
    const known = this.#cache.get(at.offset);
    if (known !== undefined) return known;
    const end = this.#ends.get(at.offset);
    if (end === undefined || at.depth > MAX_CHAIN) return null;
    const entry = readRange(at.fd, at.offset, end);
    const head = entryHead(entry);
    if (head.size > MAX_OBJECT_BYTES) return null;
    const type = TYPES[head.type];
    const content = type === undefined
      ? this.#delta(entry, head, at)
      : { type, bytes: inflate(entry, head.next, head.size) };
    if (content !== null) this.#keep(at.offset, content);
    return content;
  }

  #delta(
    entry: Uint8Array,
    head: EntryHead,
    at: { readonly fd: number; readonly offset: number; readonly findBase: FindBase; readonly depth: number },
  ): Content | null {
    let base: Content | null = null;
    let next = head.next;
    if (head.type === OFFSET_DELTA) {
      const back = negativeOffset(entry, next);
      next = back.next;
      base = this.#readAt({ ...at, offset: at.offset - back.value, depth: at.depth + 1 });
    } else if (head.type === NAMED_DELTA) {
      const id = Buffer.from(entry.subarray(next, next + this.#idBytes)).toString("hex");
      next += this.#idBytes;
      const offset = this.#offsets.get(id);
      base = offset === undefined ? at.findBase(id) : this.#readAt({ ...at, offset, depth: at.depth + 1 });
    }
    const bytes = base === null ? null : applyDelta(base.bytes, inflate(entry, next, head.size));
    return base === null || bytes === null ? null : { type: base.type, bytes };
  }

  #keep(offset: number, content: Content): void {
    this.#cache.set(offset, content);
    this.#cached += content.bytes.length;
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cached <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cached -= bytes.length;
    }
  }
}

interface EntryHead {
  readonly type: number;
  readonly size: number;
  readonly next: number;
}

function readIndex(index: Buffer, idBytes: number): ReadonlyMap<string, number> | null {
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

function entryHead(entry: Uint8Array): EntryHead {
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

function negativeOffset(entry: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let next = at;
  let byte = entry[next++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && next < at + 9) {
    byte = entry[next++] ?? 0;
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next };
}

function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | null {
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

function inflate(entry: Uint8Array, at: number, size: number): Uint8Array {
  const bytes = inflateSync(entry.subarray(at), { maxOutputLength: Math.max(size, 1) });
  if (bytes.length !== size) throw new RangeError("a size that does not fit");
  return bytes;
}

function readRange(fd: number, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(end - start, 2 * MAX_OBJECT_BYTES)));
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(fd, bytes, length, bytes.length - length, start + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
