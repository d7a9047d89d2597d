import { ByteReader } from "../binary/byte-reader.ts";
import { OpReader } from "../binary/op-reader.ts";
import type { CoreModule } from "../binary/read-module.ts";
import { SECTION } from "../binary/split-sections.ts";
import { readValueType } from "../binary/value-type.ts";

// Engines take no more locals in a function.
const MAX_LOCALS = 50_000;

/** A body whose locals were read. */
export interface Body {
  /** Place of its first byte, where locals are declared. */
  readonly start: number;
  /** Place of its first operation. */
  readonly first: number;
  /** Stands at the first operation. */
  readonly body: ByteReader;
  /** Reads its operations. */
  readonly op: OpReader;
}

/** The bodies of a module's own functions. */
export interface CodeReader {
  /** How many functions come before them. */
  readonly imported: number;
  /** Reads them from the first; each is to be used before the next is asked for. */
  bodies(): Iterable<Body>;
}

/**
 * Opens the code of a module.
 *
 * @param module The module.
 * @returns Its bodies; going through them throws `WASM_FORMAT` where they do not fit the module.
 */
export function readCode(module: CoreModule): CodeReader {
  const content = module.sections.get(SECTION.code) ?? new Uint8Array(1);
  const op = new OpReader(module.spaces);
  function* bodies(): Generator<Body> {
    const from = new ByteReader(content);
    if (from.count() !== module.functions.length) from.fail("has another number of bodies than of functions");
    for (const type of module.functions) {
      const body = from.part(from.u32());
      op.locals = (module.parameters[type] ?? 0) + readLocals(body);
      if (op.locals > MAX_LOCALS) from.fail("has a function of too many locals");
      yield { start: body.start, first: body.at, body, op };
    }
    if (!from.done) from.fail("has a section that is longer than its content");
  }
  return { imported: module.importedFunctions, bodies };
}

// How many locals there are besides the parameters.
function readLocals(body: ByteReader): number {
  let sum = 0;
  for (let left = body.count(); left > 0; left--) {
    sum += body.u32();
    readValueType(body);
  }
  return sum;
}
