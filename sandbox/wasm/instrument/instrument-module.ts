import { ByteReader } from "../binary/byte-reader.ts";
import { ByteWriter } from "../binary/byte-writer.ts";
import type { CoreModule } from "../binary/read-module.ts";
import { SECTION, SECTION_ORDER } from "../binary/split-sections.ts";
import { FUNCREF } from "../binary/value-type.ts";
import { FUEL_GLOBAL, START_EXPORT, TICK_TABLE } from "../component.ts";
import { type Appended, appendedFunctions, appendedTo, appendedTypes } from "./fuel-code.ts";
import { instrumentCode } from "./instrument-code.ts";

/** The maxima that a module gets. */
export interface Maxima {
  /** Pages of each memory of its own. */
  readonly memories: readonly number[];
  /** Elements of each table of its own. */
  readonly tables: readonly number[];
}

const I64 = 0x7e;

/**
 * Rewrites a core module so that it is bounded: its memories and tables get maxima, and it pays fuel for what it does.
 *
 * @param module The module, as it was read.
 * @param maxima What its memories and tables may grow to.
 * @returns The rewritten module, without custom sections.
 * @throws {SandboxError} `WASM_FORMAT` for bodies that are malformed, `WASM_LIMITS` for operations that have no bound.
 */
export function instrumentModule(module: CoreModule, maxima: Maxima): Uint8Array<ArrayBuffer> {
  const at = appendedTo(module);
  const sizes = [...module.sections.values()].map((content) => content.length);
  const out = new ByteWriter(1024 + sizes.reduce((sum, size) => sum + size, 0) * 1.25);
  out.byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  for (const id of SECTION_ORDER) {
    const content = rewritten(id, module, { at, maxima });
    if (content !== undefined) out.section(id, content);
  }
  return out.done();
}

function rewritten(
  id: number,
  module: CoreModule,
  { at, maxima }: { readonly at: Appended; readonly maxima: Maxima },
): Uint8Array | undefined {
  const content = module.sections.get(id);
  switch (id) {
    case SECTION.type:
      return extended(content, 2, appendedTypes());
    case SECTION.function:
      return functions(content, at);
    case SECTION.table:
      return tables(module, maxima.tables);
    case SECTION.memory:
      return content === undefined ? undefined : memories(module, maxima.memories);
    case SECTION.global:
      return extended(content, 1, new ByteWriter().byte(I64, 1, 0x42, 0, 0x0b).done());
    case SECTION.export:
      return exports(content, at, module.start);
    case SECTION.start:
      // It runs when the tick is there: who instantiates the module calls it under its new name.
      return undefined;
    case SECTION.code:
      return instrumentCode(module, at, Math.max(0, ...maxima.memories));
    default:
      return content;
  }
}

// A section with more at its end.
function extended(content: Uint8Array | undefined, more: number, added: Uint8Array): Uint8Array {
  const from = new ByteReader(content ?? new Uint8Array(1));
  const count = from.u32();
  return new ByteWriter(from.end + added.length + 8).u32(count + more)
    .raw(from.bytes.subarray(from.at)).raw(added).done();
}

function functions(content: Uint8Array | undefined, at: Appended): Uint8Array {
  const added = new ByteWriter();
  for (const type of appendedFunctions(at)) added.u32(type);
  return extended(content, appendedFunctions(at).length, added.done());
}

function tables(module: CoreModule, maxima: readonly number[]): Uint8Array {
  const out = new ByteWriter().u32(module.tables.length + 1);
  for (const [index, { type, min }] of module.tables.entries()) {
    out.byte(type, 1).u32(min).u32(maxima[index] ?? min);
  }
  return out.byte(FUNCREF, 1, 1, 1).done();
}

function memories(module: CoreModule, maxima: readonly number[]): Uint8Array {
  const out = new ByteWriter().u32(module.memories.length);
  for (const [index, { min }] of module.memories.entries()) out.byte(1).u32(min).u32(maxima[index] ?? min);
  return out.done();
}

function exports(content: Uint8Array | undefined, at: Appended, start: number | null): Uint8Array {
  const added = new ByteWriter().name(FUEL_GLOBAL).byte(3).u32(at.fuel).name(TICK_TABLE).byte(1).u32(at.table);
  if (start !== null) added.name(START_EXPORT).byte(0).u32(start);
  return extended(content, start === null ? 2 : 3, added.done());
}
