import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import {
  applyDelta,
  type EntryHead,
  entryHead,
  inflate,
  MAX_OBJECT_BYTES,
  negativeOffset,
  readIndex,
} from "./pack-format.ts";

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
