import { ByteReader } from "./byte-reader.ts";
import type { Spaces } from "./op-reader.ts";
import { readConstant, readData, readElements } from "./read-segments.ts";
import {
  type Bounds,
  readBounds,
  readFunctionType,
  readGlobalType,
  readTableType,
  readTagType,
  type TableType,
} from "./read-types.ts";
import { SECTION, splitSections } from "./split-sections.ts";

/** A core module, read and held against itself; the bodies of its functions are read later, one by one. */
export interface CoreModule {
  readonly sections: ReadonlyMap<number, Uint8Array>;
  readonly spaces: Spaces;
  /** How many functions come from outside. */
  readonly importedFunctions: number;
  /** Number of parameters of each type. */
  readonly parameters: readonly number[];
  /** Type of each function of its own. */
  readonly functions: readonly number[];
  /** Memories of its own. */
  readonly memories: readonly Bounds[];
  /** Tables of its own. */
  readonly tables: readonly TableType[];
  /** Names that it imports by, module names and names of things. */
  readonly imports: readonly string[];
  /** Names that it exports. */
  readonly exports: readonly string[];
  /** The function that runs at the start. */
  readonly start: number | null;
}

// The numbers of kinds in imports and exports: functions, tables, memories, globals, tags.
const KINDS = ["functions", "tables", "memories", "globals", "tags"] as const;

/**
 * Reads a core module of WebAssembly (core specification 3.0, section 5.5) and checks every number that names a thing.
 *
 * @param bytes The module.
 * @returns What it declares.
 * @throws {SandboxError} `WASM_FORMAT` for what is malformed, `WASM_LIMITS` for features that are not bounded here.
 */
export function readModule(bytes: Uint8Array): CoreModule {
  const sections = splitSections(bytes);
  const spaces = { types: 0, functions: 0, tables: 0, memories: 0, globals: 0, tags: 0, elements: 0, data: 0 };
  function all<Item>(id: number, read: (from: ByteReader) => Item): readonly Item[] {
    return readAll(sections.get(id), read);
  }
  const parameters = all(SECTION.type, readFunctionType);
  spaces.types = parameters.length;
  const imports = all(SECTION.import, (from) => readImport(from, spaces)).flat();
  const importedFunctions = spaces.functions;
  const functions = all(SECTION.function, (from) => from.index(spaces.types, "types"));
  spaces.functions += functions.length;
  const tables = all(SECTION.table, readTableType);
  spaces.tables += tables.length;
  const memories = all(SECTION.memory, readBounds);
  spaces.memories += memories.length;
  spaces.tags += all(SECTION.tag, (from) => readTagType(from, spaces.types)).length;
  all(SECTION.global, (from) => {
    readGlobalType(from);
    readConstant(from, spaces);
    spaces.globals++;
  });
  const exports = all(SECTION.export, (from) => readExport(from, spaces));
  const start = readNumber(sections.get(SECTION.start), spaces.functions);
  spaces.elements = all(SECTION.element, (from) => readElements(from, spaces)).length;
  const data = all(SECTION.data, (from) => readData(from, spaces)).length;
  spaces.data = readNumber(sections.get(SECTION.dataCount), data + 1) ?? 0;
  return {
    sections,
    spaces,
    importedFunctions,
    parameters,
    functions,
    memories,
    tables,
    imports,
    exports,
    start,
  };
}

function readAll<Item>(content: Uint8Array | undefined, read: (from: ByteReader) => Item): readonly Item[] {
  if (content === undefined) return [];
  const from = new ByteReader(content);
  const items: Item[] = [];
  for (let left = from.count(); left > 0; left--) items.push(read(from));
  if (!from.done) from.fail("has a section that is longer than its content");
  return items;
}

function readNumber(content: Uint8Array | undefined, count: number): number | null {
  if (content === undefined) return null;
  const from = new ByteReader(content);
  const number = from.index(count, "entries");
  if (!from.done) from.fail("has a section that is longer than its content");
  return number;
}

function readImport(from: ByteReader, spaces: { -readonly [Name in keyof Spaces]: number }): readonly string[] {
  const names = [from.name(), from.name()];
  const kind = from.byte();
  if (kind === 0) from.index(spaces.types, "types");
  else if (kind === 1) readTableType(from);
  else if (kind === 2) readBounds(from);
  else if (kind === 3) readGlobalType(from);
  else if (kind === 4) readTagType(from, spaces.types);
  const space = KINDS[kind];
  if (space === undefined) from.fail("imports a thing of an unknown kind");
  spaces[space]++;
  return names;
}

function readExport(from: ByteReader, spaces: Spaces): string {
  const name = from.name();
  const space = KINDS[from.byte()];
  if (space === undefined) from.fail("exports a thing of an unknown kind");
  from.index(spaces[space], space);
  return name;
}
