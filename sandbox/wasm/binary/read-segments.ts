import { beyond } from "./beyond.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { Spaces } from "./op-reader.ts";
import { isReferenceType, readHeapType } from "./value-type.ts";

/** Reads a constant: what a global, an offset or an element starts as. */
export function readConstant(from: ByteReader, spaces: Spaces): void {
  for (;;) {
    const code = from.byte();
    if (code === 0x0b) return;
    else if (code === 0x41) from.skipSigned(32);
    else if (code === 0x42) from.skipSigned(64);
    else if (code === 0x43) from.skip(4);
    else if (code === 0x44) from.skip(8);
    else if (code === 0x23) from.index(spaces.globals, "globals");
    else if (code === 0xd2) from.index(spaces.functions, "functions");
    else if (code === 0xd0) readHeapType(from);
    else if (code === 0xfd) {
      if (from.u32() !== 12) from.fail("has a constant that is none");
      from.skip(16);
    } else if (code === 0xfb) throw beyond("objects that a collector manages");
    // Sums, differences and products of constants.
    else if (!((code >= 0x6a && code <= 0x6c) || (code >= 0x7c && code <= 0x7e))) {
      from.fail("has a constant that is none");
    }
  }
}

/** Reads a segment of elements: what tables are filled with. */
export function readElements(from: ByteReader, spaces: Spaces): void {
  const form = from.u32();
  if (form > 7) from.fail("has elements of an unknown form");
  const [active, explicit, constants] = [(form & 1) === 0, (form & 2) !== 0, (form & 4) !== 0];
  if (active) {
    if (explicit) from.index(spaces.tables, "tables");
    else if (spaces.tables === 0) from.fail("has elements and no table");
    readConstant(from, spaces);
  }
  if (form & 3) {
    const kind = from.byte();
    if (constants ? !isReferenceType(kind) : kind !== 0) throw beyond("elements of typed references");
  }
  for (let left = from.count(); left > 0; left--) {
    if (constants) readConstant(from, spaces);
    else from.index(spaces.functions, "functions");
  }
}

/** Reads a segment of data: what memories are filled with. */
export function readData(from: ByteReader, spaces: Spaces): void {
  const form = from.u32();
  if (form > 2) from.fail("has data of an unknown form");
  if (form !== 1) {
    if (form === 2) from.index(spaces.memories, "memories");
    else if (spaces.memories === 0) from.fail("has data and no memory");
    readConstant(from, spaces);
  }
  from.skip(from.u32());
}
