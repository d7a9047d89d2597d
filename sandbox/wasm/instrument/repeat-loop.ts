import type { ByteReader } from "../binary/byte-reader.ts";
import { ByteWriter } from "../binary/byte-writer.ts";
import { OP } from "../binary/op-codes.ts";
import type { BodyOps } from "./body-ops.ts";
import type { Appended } from "./fuel-code.ts";
import type { SmallLoop } from "./small-loops.ts";
import { SPAN } from "./ways.ts";

/** The two locals that a function of small loops gets. */
export interface SpanLocals {
  /** Operations that are paid for and not done yet. */
  readonly count: number;
  /** Spans that were paid for last time. */
  readonly spans: number;
}

/** What to write of which function. */
export interface RepeatOptions {
  /** The body that the loop stands in. */
  readonly body: ByteReader;
  readonly at: Appended;
  readonly locals: SpanLocals;
}

const VOID = 0x40;
const MOST_COPIES = 4;
// Operations, so that the module does not grow by much: what is larger gains less.
const MOST_COPIED = 48;

/**
 * Writes a small loop anew: its body several times in a row behind one count, and the payment outside of it. Engines
 * keep variables in registers, and repeat bodies further, only in loops that call nothing.
 *
 * ```wat
 * (block $exit (loop $again (block $slowly (loop $head
 *   count -= copies * longest; br_if $slowly if below zero
 *   (block $copy BODY (br $exit))   ;; its branches to the loop lead to the next copy
 *   BODY) (br $exit))               ;; those of the last one to $head
 *   spans = pay(spans); count = spans * SPAN; (br $again)))
 * ```
 *
 * @param ops The body that the loop stands in.
 * @param index Its operation.
 * @param loop What is known of it.
 * @param options What else is needed.
 * @returns Code that does the same as the loop.
 */
export function repeatCode(
  ops: BodyOps,
  [index, loop]: readonly [index: number, loop: SmallLoop],
  { body, at, locals }: RepeatOptions,
): Uint8Array {
  const size = loop.end - index;
  const copies = Math.min(MOST_COPIES, Math.floor(SPAN / loop.longest), 1 + Math.floor(MOST_COPIED / size));
  const out = new ByteWriter()
    .byte(OP.block, VOID, OP.loop, VOID, OP.block, VOID, OP.loop, VOID)
    .byte(0x20).u32(locals.count).byte(0x41).s32(copies * loop.longest).byte(0x6b, 0x22).u32(locals.count)
    .byte(0x41, 0, 0x48, OP.brIf, 1); // below zero: $slowly
  for (let copy = 1; copy < copies; copy++) {
    out.byte(OP.block, VOID);
    copyBody(out, ops, { index, end: loop.end, body, deeper: 4 });
    out.byte(OP.br, 4, OP.end);
  }
  copyBody(out, ops, { index, end: loop.end, body, deeper: 3 });
  return out
    .byte(OP.end, OP.br, 2, OP.end)
    .byte(0x20).u32(locals.spans).byte(OP.call).u32(at.spans).byte(0x22).u32(locals.spans)
    .byte(0x41).s32(SPAN).byte(0x6c, 0x21).u32(locals.count)
    .byte(OP.br, 0, OP.end, OP.end)
    .done();
}

interface Copied {
  readonly index: number;
  readonly end: number;
  readonly body: ByteReader;
  /** How many blocks more it stands in now. */
  readonly deeper: number;
}

// Branches that leave the loop have further to go; all others stay as they are.
function copyBody(out: ByteWriter, ops: BodyOps, { index, end, body, deeper }: Copied): void {
  let depth = 0;
  let written = ops.places[index + 1] ?? 0;
  for (let at = index + 1; at < end; at++) {
    const code = ops.codes[at];
    if (code === OP.block || code === OP.if) depth++;
    else if (code === OP.end) depth--;
    else if (code === OP.br || code === OP.brIf) {
      const [label = 0] = ops.labels(at);
      if (label <= depth) continue;
      out.raw(body.bytes.subarray(written, ops.places[at])).byte(code).u32(label + deeper);
      written = ops.places[at + 1] ?? 0;
    }
  }
  out.raw(body.bytes.subarray(written, ops.places[end]));
}
