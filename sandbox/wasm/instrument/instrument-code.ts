import { ByteReader } from "../binary/byte-reader.ts";
import { ByteWriter } from "../binary/byte-writer.ts";
import type { CoreModule } from "../binary/read-module.ts";
import { SECTION } from "../binary/split-sections.ts";
import { BodyOps } from "./body-ops.ts";
import { type Appended, appendedBodies, checkCode, spanCode } from "./fuel-code.ts";
import { INSERT, type Insertions, placeChecks } from "./place-checks.ts";
import { planEntries } from "./plan-entries.ts";
import { type Body, readCode } from "./read-code.ts";
import { repeatCode } from "./repeat-loop.ts";
import { findSmallLoops } from "./small-loops.ts";

const I32 = 0x7f;
// Locals are cleared at each entry: so many of them cost as much as a check.
const LOCALS_FUEL = 256;

/**
 * Rewrites the bodies of all functions and appends those that collect the fuel.
 *
 * @param module The module, as it was read.
 * @param at Numbers of what is appended.
 * @param maxPages What its largest memory may grow to.
 * @returns Content of the new code section.
 */
export function instrumentCode(module: CoreModule, at: Appended, maxPages: number): Uint8Array {
  const code = readCode(module);
  const { late, prefixOf } = planEntries(code);
  const added = appendedBodies(at, maxPages);
  const size = module.sections.get(SECTION.code)?.length ?? 0;
  const out = new ByteWriter(size * 1.2 + 256).u32(module.functions.length + added.length);
  const fixed = fixedTexts(at);
  const ops = new BodyOps();
  let index = 0;
  for (const body of code.bodies()) {
    const { locals } = body.op;
    ops.read(body.body, body.op);
    const small = findSmallLoops(ops);
    const { places, kinds, indexes } = placeChecks(ops, { late: late[index++] ?? false, small, prefixOf });
    const own = { count: locals, spans: locals + 1 };
    const texts = kinds.map((kind, which) => {
      if (kind === INSERT.entry) return checkCode(at, 1 + Math.floor(locals / LOCALS_FUEL));
      const place = indexes[which] ?? 0;
      const loop = small.get(place);
      if (kind === INSERT.span && loop !== undefined) return spanCode(at, locals, loop.longest);
      if (kind !== INSERT.repeat || loop === undefined) return fixed[kind] ?? NOTHING;
      return repeatCode(ops, [place, loop], { body: body.body, at, locals: own });
    });
    const ends = kinds.map((kind, which) =>
      kind === INSERT.repeat ? ops.places[(small.get(indexes[which] ?? 0)?.end ?? 0) + 1] ?? 0 : places[which] ?? 0
    );
    writeBody(out, body, { places, ends, texts, counts: small.size > 0 });
  }
  for (const body of added) out.u32(body.length).raw(body);
  return out.done();
}

const NOTHING = new Uint8Array();

function fixedTexts(at: Appended): readonly Uint8Array[] {
  const texts: Uint8Array[] = [];
  texts[INSERT.check] = checkCode(at, 1);
  texts[INSERT.bulk] = new ByteWriter().byte(0x10).u32(at.bulk).done();
  texts[INSERT.grow] = new ByteWriter().byte(0x10).u32(at.grow).done();
  return texts;
}

interface Writing {
  readonly places: Insertions["places"];
  /** Up to where each text stands for what was there. */
  readonly ends: readonly number[];
  readonly texts: readonly Uint8Array[];
  /** Whether it gets locals for the count of small loops. */
  readonly counts: boolean;
}

function writeBody(out: ByteWriter, { start, first, body }: Body, { places, ends, texts, counts }: Writing): void {
  const { bytes, end } = body;
  const locals = counts ? moreLocals(bytes.subarray(start, first)) : bytes.subarray(start, first);
  let length = locals.length + end - first;
  for (const [index, text] of texts.entries()) length += text.length + (places[index] ?? 0) - (ends[index] ?? 0);
  out.u32(length).raw(locals);
  let written = first;
  for (const [index, place] of places.entries()) {
    out.raw(bytes.subarray(written, place)).raw(texts[index] ?? NOTHING);
    written = ends[index] ?? place;
  }
  out.raw(bytes.subarray(written, end));
}

// Declares two more locals behind the others, so that none of them moves.
function moreLocals(declared: Uint8Array): Uint8Array {
  const from = new ByteReader(declared);
  const groups = from.u32();
  return new ByteWriter(declared.length + 8).u32(groups + 1).raw(declared.subarray(from.at)).byte(2, I32).done();
}
