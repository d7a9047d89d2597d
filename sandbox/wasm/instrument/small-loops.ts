import { OP } from "../binary/op-codes.ts";
import type { BodyOps } from "./body-ops.ts";
import { isCall, isShape, isStop, NO_WAY, SMALL } from "./ways.ts";

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
}

/**
 * Finds loops that call nothing and whose ways are short. Such a loop counts its operations in a local, and one check
 * pays for many rounds: what compilers make of a sum or a search has only few operations each round.
 *
 * @param ops A body.
 * @returns The longest way through each small loop, by the index of its operation.
 */
export function findSmallLoops(ops: BodyOps): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
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
      loops.push({ index, outer: way, longest: 1, calls: false });
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
      if (!loop.calls && loop.longest <= SMALL) found.set(loop.index, loop.longest);
    }
  }
  return found;
}
