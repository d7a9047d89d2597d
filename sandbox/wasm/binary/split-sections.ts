import { SandboxError } from "../../errors.ts";
import { ByteReader } from "./byte-reader.ts";

/** Numbers of sections. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Sections in the only order that they may stand in. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

const HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Splits a core module into its sections. Custom ones are left out: they hold names for people, and hints about places
 * that move.
 *
 * @param bytes The module.
 * @returns Content of each section by its number.
 * @throws {SandboxError} `WASM_FORMAT` for another header, unknown, doubled or misplaced sections, wrong sizes.
 */
export function splitSections(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  if (HEADER.some((byte, index) => bytes[index] !== byte)) {
    throw new SandboxError("WASM_FORMAT", "Cannot read module: it does not begin as version 1 does");
  }
  const reader = new ByteReader(bytes, HEADER.length);
  const sections = new Map<number, Uint8Array>();
  let last = -1;
  while (!reader.done) {
    const id = reader.byte();
    const content = reader.part(reader.u32());
    if (id === SECTION.custom) {
      content.name();
      continue;
    }
    const place = SECTION_ORDER.indexOf(id);
    if (place <= last) reader.fail(place < 0 ? `has section ${id}, which is not known` : `has section ${id} too late`);
    last = place;
    sections.set(id, bytes.subarray(content.at, content.end));
  }
  return sections;
}
