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
import { findSmallLoops, type SmallLoop } from "./small-loops.ts";

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
    ops.read(body.body, body.op);
    const small = findSmallLoops(ops);
    const insertions = placeChecks(ops, { late: late[index++] ?? false, small, prefixOf });
    writeBody(out, body, {
      edits: editsOf(insertions, { body, ops, small, at, fixed }),
      counts: small.size > 0,
    });
  }
  for (const body of added) out.u32(body.length).raw(body);
  return out.done();
}

interface Edit {
  readonly place: number;
  /** Up to where the text stands for what was there; the place itself where it comes in between. */
  readonly end: number;
  readonly text: Uint8Array;
}

interface Editing {
  readonly body: Body;
  readonly ops: BodyOps;
  readonly small: ReadonlyMap<number, SmallLoop>;
  readonly at: Appended;
  readonly fixed: ReadonlyMap<number, Uint8Array>;
}

function editsOf({ places, kinds, indexes }: Insertions, { body, ops, small, at, fixed }: Editing): readonly Edit[] {
  const { locals } = body.op;
  return places.map((place, which) => {
    const [kind, index = 0] = [kinds[which], indexes[which]];
    const loop = small.get(index);
    if (loop !== undefined && kind === INSERT.repeat) {
      const text = repeatCode(ops, [index, loop], {
        body: body.body,
        at,
        locals: { count: locals, spans: locals + 1 },
      });
      return { place, end: ops.places[loop.end + 1] ?? place, text };
    }
    if (loop !== undefined && kind === INSERT.span) {
      return { place, end: place, text: spanCode(at, locals, loop.longest) };
    }
    const text = fixed.get(kind ?? INSERT.entry) ?? checkCode(at, 1 + Math.floor(locals / LOCALS_FUEL));
    return { place, end: place, text };
  });
}

// What is the same at each place; a check at an entry costs more for many locals.
function fixedTexts(at: Appended): ReadonlyMap<number, Uint8Array> {
  return new Map([
    [INSERT.check, checkCode(at, 1)],
    [INSERT.bulk, new ByteWriter().byte(0x10).u32(at.bulk).done()],
    [INSERT.grow, new ByteWriter().byte(0x10).u32(at.grow).done()],
  ]);
}

interface Written {
  readonly edits: readonly Edit[];
  /** Whether it gets locals for the count of small loops. */
  readonly counts: boolean;
}

function writeBody(out: ByteWriter, { start, first, body }: Body, { edits, counts }: Written): void {
  const { bytes, end } = body;
  const locals = counts ? moreLocals(bytes.subarray(start, first)) : bytes.subarray(start, first);
  const longer = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.place), 0);
  out.u32(locals.length + end - first + longer).raw(locals);
  let written = first;
  for (const edit of edits) {
    out.raw(bytes.subarray(written, edit.place)).raw(edit.text);
    written = edit.end;
  }
  out.raw(bytes.subarray(written, end));
}

// Declares two more locals behind the others, so that none of them moves.
function moreLocals(declared: Uint8Array): Uint8Array {
  const from = new ByteReader(declared);
  const groups = from.u32();
  return new ByteWriter(declared.length + 8).u32(groups + 1).raw(declared.subarray(from.at)).byte(2, I32).done();
}
