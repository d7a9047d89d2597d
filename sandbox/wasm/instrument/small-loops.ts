import { OP } from "../binary/op-codes.ts";
import type { BodyOps } from "./body-ops.ts";
import { isBulk, isCall, isShape, isStop, NO_WAY, SMALL } from "./ways.ts";

/** A loop that calls nothing and whose ways are short. */
export interface SmallLoop {
  /** Operations on the longest way through it. */
  readonly longest: number;
  /** Index of the operation that ends it. */
  readonly end: number;
  /** Whether its body may be written several times in a row. */
  readonly repeats: boolean;
}

interface Block {
  readonly code: number;
  /** How many loops it stands in, itself included. */
  readonly loops: number;
  /** The longest way that reaches its end by a branch. */
  end: number;
  /** Of `if`: the way at its start. */
  readonly start: number;
}

interface Loop {
  /** Its operation. */
  readonly index: number;
  /** The way of the loop around it at which it stands. */
  readonly outer: number;
  /** Longest way through it, without loops inside of it. */
  longest: number;
  calls: boolean;
  /** Whether it has neither loops nor anything that is not simply copied. */
  simple: boolean;
}

// The body of a longer one is not copied, however short its ways: the module would grow.
const MOST_COPIED = 32;

/**
 * Finds loops that call nothing and whose ways are short. Such a loop counts its operations in a local, and one check
 * pays for many rounds: what compilers make of a sum or a search has only few operations each round.
 *
 * @param ops A body.
 * @returns Each small loop, by the index of its operation.
 */
export function findSmallLoops(ops: BodyOps): ReadonlyMap<number, SmallLoop> {
  const found = new Map<number, SmallLoop>();
  // What throws leaves a loop on ways that nobody counts.
  if (!ops.loops || ops.catches) return found;
  const open: Block[] = [{ code: OP.block, loops: 0, end: NO_WAY, start: 0 }];
  const loops: Loop[] = [];
  let way = 0;
  for (let index = 0; index < ops.count; index++) {
    const code = ops.codes[index] ?? 0;
    const inner = loops.at(-1);
    if (!isShape(code)) {
      if (way !== NO_WAY) way++;
      if (inner !== undefined) {
        inner.longest = Math.max(inner.longest, way);
        inner.calls ||= isCall(code);
        inner.simple &&= code !== OP.brTable && code !== OP.memoryGrow && !isBulk(code);
      }
      for (const label of ops.labels(index)) {
        const block = open[open.length - 1 - label];
        // In the count of the loop around, all that an inner one does is nothing.
        if (block !== undefined) block.end = Math.max(block.end, loops[block.loops]?.outer ?? way);
      }
      if (isStop(code)) way = NO_WAY;
    }
    if (code === OP.block || code === OP.if) open.push({ code, loops: loops.length, end: NO_WAY, start: way });
    else if (code === OP.loop) {
      if (inner !== undefined) inner.simple = false;
      loops.push({ index, outer: way, longest: 1, calls: false, simple: ops.voids[index] === 1 });
      open.push({ code, loops: loops.length, end: NO_WAY, start: way });
      if (way !== NO_WAY) way = 0;
    } else if (code === OP.else) {
      const block = open.pop();
      if (block === undefined) continue;
      open.push({ code, loops: loops.length, end: Math.max(block.end, way), start: NO_WAY });
      way = block.start;
    } else if (code === OP.end) {
      const block = open.pop();
      if (block === undefined) continue;
      if (block.code !== OP.loop) {
        way = Math.max(way, block.end, block.code === OP.if ? block.start : NO_WAY);
        continue;
      }
      const loop = loops.pop();
      if (loop === undefined) continue;
      if (way !== NO_WAY) way = loop.outer;
      if (loop.calls || loop.longest > SMALL) continue;
      const repeats = loop.simple && index - loop.index <= MOST_COPIED;
      found.set(loop.index, { longest: loop.longest, end: index, repeats });
    }
  }
  return found;
}
