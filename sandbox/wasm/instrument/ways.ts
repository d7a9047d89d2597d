import { OP } from "../binary/op-codes.ts";

/** There is no way to this place. */
export const NO_WAY = -1;
/** Most operations that an activation does without a check, whatever way it takes. */
export const WAY = 256;
/** Most operations that a function may do before its first check, or without any. Who calls it counts them. */
export const PREFIX = 32;
/** Operations of small loops that one check pays for. */
export const SPAN = 96;
/** Most operations on a way through a small loop. */
export const SMALL = 32;

/**
 * How many operations the longest ways to a place are: those that had a check, since the last one, and those that had
 * none since the function's entry. {@link NO_WAY} where there is none.
 */
export interface Ways {
  checked: number;
  fresh: number;
}

/** Where ways meet, the longest counts. */
export function join(ways: Ways, other: Ways): void {
  if (other.checked > ways.checked) ways.checked = other.checked;
  if (other.fresh > ways.fresh) ways.fresh = other.fresh;
}

/** Tells whether an operation only gives shape to the code: a dispatch of 250 cases stands in 250 blocks. */
export function isShape(code: number): boolean {
  return (code >= OP.nop && code <= OP.loop) || code === OP.else || code === OP.end || code === OP.try ||
    code === OP.tryTable || code === OP.catch || code === OP.catchAll || code === OP.delegate;
}

/** Tells whether an operation leaves the function for another. */
export function isCall(code: number): boolean {
  return code >= OP.call && code <= OP.returnCallIndirect;
}

/** Tells whether nothing runs after an operation. */
export function isStop(code: number): boolean {
  switch (code) {
    case OP.unreachable:
    case OP.throw:
    case OP.rethrow:
    case OP.throwRef:
    case OP.br:
    case OP.brTable:
    case OP.return:
    case OP.returnCall:
    case OP.returnCallIndirect:
      return true;
    default:
      return false;
  }
}

/** Tells whether an operation works on many bytes or elements at once. */
export function isBulk(code: number): boolean {
  return code >= OP.memoryInit && code <= OP.tableFill && code !== DATA_DROP && code !== ELEMENT_DROP &&
    code !== TABLE_SIZE;
}

const DATA_DROP = 0xfc0009;
const ELEMENT_DROP = 0xfc000d;
const TABLE_SIZE = 0xfc0010;
