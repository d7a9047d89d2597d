import { beyond } from "./beyond.ts";
import type { ByteReader } from "./byte-reader.ts";

/** `funcref`, the type of entries that can be called. */
export const FUNCREF = 0x70;
const EXTERNREF = 0x6f;
const EXNREF = 0x69;

/** Tells whether a byte is the type of a reference: to functions, to things of the host, to exceptions. */
export function isReferenceType(byte: number): boolean {
  return byte === FUNCREF || byte === EXTERNREF || byte === EXNREF;
}

/** Tells whether a byte is the type of a value: four kinds of numbers, vectors, references. */
export function isValueType(byte: number): boolean {
  return (byte >= 0x7b && byte <= 0x7f) || isReferenceType(byte);
}

/**
 * Reads the type of a value.
 *
 * @throws {SandboxError} `WASM_LIMITS` for references to types, `WASM_FORMAT` for what is none.
 */
export function readValueType(from: ByteReader): void {
  const byte = from.byte();
  if (!isValueType(byte)) refuse(from, byte);
}

/** Reads the type of a reference. */
export function readHeapType(from: ByteReader): void {
  const byte = from.byte();
  if (!isReferenceType(byte)) refuse(from, byte);
}

function refuse(from: ByteReader, byte: number): never {
  // Everything between the vectors and the forms of types is some reference of later versions.
  if ((byte > 0x60 && byte < 0x78) || byte < 0x40) throw beyond("typed references");
  from.fail("has a type that is not known");
}
