import { beyond } from "./beyond.ts";
import type { ByteReader } from "./byte-reader.ts";
import { isReferenceType, readValueType } from "./value-type.ts";

/** Bounds of a memory, in pages, or of a table, in elements. */
export interface Bounds {
  readonly min: number;
  readonly max: number | null;
}

/** A table of a module. */
export interface TableType extends Bounds {
  /** Type of its elements. */
  readonly type: number;
}

const FUNCTION = 0x60;

/** Reads the type of a function; returns how many parameters it has. */
export function readFunctionType(from: ByteReader): number {
  const form = from.byte();
  // Recursive groups, subtypes, structures and arrays stand right below functions.
  if (form >= 0x4e && form < FUNCTION) throw beyond("objects that a collector manages");
  if (form !== FUNCTION) from.fail("has a type of an unknown form");
  const parameters = from.count();
  for (let left = parameters; left > 0; left--) readValueType(from);
  for (let left = from.count(); left > 0; left--) readValueType(from);
  return parameters;
}

/**
 * Reads bounds of a memory or table.
 *
 * Threat: a shared memory could be changed while it is looked at, and one of 64 bits has no small maximum.
 */
export function readBounds(from: ByteReader): Bounds {
  const flags = from.byte();
  if (flags > 0x0f) from.fail("has bounds of an unknown form");
  if (flags & 0x02) throw beyond("shared memories");
  if (flags & 0x04) throw beyond("64-bit memories or tables");
  if (flags & 0x08) throw beyond("pages of another size");
  const min = from.u32();
  return { min, max: flags & 0x01 ? from.u32() : null };
}

/** Reads the type of a table. */
export function readTableType(from: ByteReader): TableType {
  const type = from.byte();
  if (!isReferenceType(type)) throw beyond("tables of typed references");
  return { type, ...readBounds(from) };
}

/** Reads the type of a global. */
export function readGlobalType(from: ByteReader): void {
  readValueType(from);
  const mutable = from.byte();
  if (mutable > 1) throw beyond("shared globals");
}

/** Reads the type of a tag, by which exceptions are told apart. */
export function readTagType(from: ByteReader, types: number): void {
  if (from.byte() !== 0) from.fail("has a tag of an unknown kind");
  from.index(types, "types");
}
