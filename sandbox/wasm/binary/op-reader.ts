import { beyond } from "./beyond.ts";
import type { ByteReader } from "./byte-reader.ts";
import { BULK, FOLLOWS, PLAIN, VECTOR } from "./op-codes.ts";
import { isValueType, readHeapType, readValueType } from "./value-type.ts";

/** How many there are of what operations name by number. */
export interface Spaces {
  readonly types: number;
  readonly functions: number;
  readonly tables: number;
  readonly memories: number;
  readonly globals: number;
  readonly tags: number;
  readonly elements: number;
  readonly data: number;
}

// Operations that are followed by nothing but numbers of things.
const NUMBERS: ReadonlyMap<number, readonly (keyof Spaces)[]> = new Map([
  [FOLLOWS.indirect, ["types", "tables"]],
  [FOLLOWS.global, ["globals"]],
  [FOLLOWS.table, ["tables"]],
  [FOLLOWS.memory, ["memories"]],
  [FOLLOWS.tag, ["tags"]],
  [FOLLOWS.dataMemory, ["data", "memories"]],
  [FOLLOWS.data, ["data"]],
  [FOLLOWS.memories, ["memories", "memories"]],
  [FOLLOWS.elementTable, ["elements", "tables"]],
  [FOLLOWS.element, ["elements"]],
  [FOLLOWS.tables, ["tables", "tables"]],
]);

/**
 * Reads operations one after the other.
 *
 * Threat: a number that names nothing now would name what the instrumenter appends: the fuel itself. So every number
 * is held against the module as it came, whoever else checked it.
 */
export class OpReader {
  /** The operation that was read last, see `OP`. */
  code = 0;
  /** Labels that it may branch to, as many blocks up. */
  readonly labels: number[] = [];
  /** The function that it calls, -1 where that shows only when it runs. */
  target = -1;
  /** Locals of the function that is read, parameters included. */
  locals = 0;
  readonly #spaces: Spaces;

  /** @param spaces Of the module. */
  constructor(spaces: Spaces) {
    this.#spaces = spaces;
  }

  /** Reads one operation with all that follows its code. */
  read(from: ByteReader): void {
    this.labels.length = 0;
    this.code = from.byte();
    let follows: number = PLAIN[this.code] ?? FOLLOWS.unknown;
    if (follows === FOLLOWS.prefix) {
      const second = from.u32();
      follows = (this.code === 0xfc ? BULK : VECTOR)[second] ?? FOLLOWS.unknown;
      this.code = this.code << 16 | second;
    }
    if (follows === FOLLOWS.nothing) return;
    this.target = -1;
    if (follows === FOLLOWS.local) from.index(this.locals, "locals");
    else if (follows === FOLLOWS.memoryPlace) this.#memoryPlace(from);
    else if (follows === FOLLOWS.function) this.target = from.index(this.#spaces.functions, "functions");
    else this.#rest(from, follows);
  }

  #rest(from: ByteReader, follows: number): void {
    const numbers = NUMBERS.get(follows);
    if (numbers !== undefined) {
      for (const space of numbers) from.index(this.#spaces[space], space);
      return;
    }
    switch (follows) {
      case FOLLOWS.blockType:
        return this.#blockType(from);
      case FOLLOWS.label:
        this.labels.push(from.u32());
        return;
      case FOLLOWS.labels:
        for (let left = from.count() + 1; left > 0; left--) this.labels.push(from.u32());
        return;
      case FOLLOWS.i32:
        return from.skipSigned(32);
      case FOLLOWS.i64:
        return from.skipSigned(64);
      case FOLLOWS.fourBytes:
        return from.skip(4);
      case FOLLOWS.eightBytes:
        return from.skip(8);
      case FOLLOWS.sixteenBytes:
        return from.skip(16);
      case FOLLOWS.lane:
        return from.skip(1);
      case FOLLOWS.memoryPlaceLane:
        this.#memoryPlace(from);
        return from.skip(1);
      case FOLLOWS.heapType:
        return readHeapType(from);
      case FOLLOWS.types:
        for (let left = from.count(); left > 0; left--) readValueType(from);
        return;
      case FOLLOWS.catches:
        return this.#catches(from);
      case FOLLOWS.garbageCollected:
        throw beyond("objects that a collector manages");
      case FOLLOWS.atomic:
        throw beyond("atomic operations");
      case FOLLOWS.typedReference:
        throw beyond("typed references");
      default:
        from.fail(`has an operation that is not known, ${this.code.toString(16)}`);
    }
  }

  #blockType(from: ByteReader): void {
    const type = from.s33();
    if (type >= 0 ? type < this.#spaces.types : type === -64 || isValueType(type + 128)) return;
    from.fail("has a block of a type that is not there");
  }

  // The alignment's bit 6 says that the number of a memory follows.
  #memoryPlace(from: ByteReader): void {
    const alignment = from.u32();
    if (alignment >= 128) from.fail("has an alignment that cannot be");
    if (alignment >= 64) from.index(this.#spaces.memories, "memories");
    else if (this.#spaces.memories === 0) from.fail("uses a memory that is not there");
    from.u32();
  }

  #catches(from: ByteReader): void {
    this.#blockType(from);
    for (let left = from.count(); left > 0; left--) {
      const kind = from.byte();
      if (kind > 3) from.fail("catches in a way that is not known");
      if (kind < 2) from.index(this.#spaces.tags, "tags");
      this.labels.push(from.u32());
    }
  }
}
