import { ByteWriter } from "../binary/byte-writer.ts";
import type { CoreModule } from "../binary/read-module.ts";
import { SPAN } from "./ways.ts";

/** Numbers of what is appended to a module. Nothing that was there before moves. */
export interface Appended {
  /** The global that holds the fuel. */
  readonly fuel: number;
  /** The table with the tick. */
  readonly table: number;
  /** Type `() -> ()`. */
  readonly tickType: number;
  /** Type `(i32) -> (i32)`. */
  readonly chargeType: number;
  /** The function that is called below zero. */
  readonly slow: number;
  /** Pays 1. */
  readonly pay: number;
  /** Pays for a length of bytes or elements, and hands it on. */
  readonly bulk: number;
  /** Pays for pages, and hands their number on. */
  readonly grow: number;
  /** Pays for the next spans of a loop: takes how many it were last time, hands on how many it are now. */
  readonly spans: number;
}

const I32 = 0x7f;
const VOID = 0x40;
const PAGE_FUEL = 64;

/** Says which numbers the appended things get. */
export function appendedTo(module: CoreModule): Appended {
  const { types, functions, globals, tables } = module.spaces;
  return {
    fuel: globals,
    table: tables,
    tickType: types,
    chargeType: types + 1,
    slow: functions,
    pay: functions + 1,
    bulk: functions + 2,
    grow: functions + 3,
    spans: functions + 4,
  };
}

/** Types of the appended functions: of the table's slot, and of those that charge. */
export function appendedTypes(): Uint8Array {
  return new ByteWriter().byte(0x60, 0, 0).byte(0x60, 1, I32, 1, I32).done();
}

/**
 * Writes a check: takes `cost` off the fuel and calls the slow path when that is below zero.
 *
 * It leaves no trace on the stack and uses no local, so it may stand before any operation.
 */
export function checkCode(at: Appended, cost: number): Uint8Array {
  return new ByteWriter()
    .byte(0x23).u32(at.fuel).byte(0x42).s32(cost).byte(0x7d) // fuel - cost
    .byte(0x24).u32(at.fuel)
    .byte(0x23).u32(at.fuel).byte(0x42, 0).byte(0x53) // fuel < 0
    .byte(0x04, VOID, 0x10).u32(at.slow).byte(0x0b)
    .done();
}

/**
 * Writes the head of a small loop: takes its longest way off a local count, and pays 1 for another span when that is
 * used up.
 */
export function spanCode(at: Appended, local: number, longest: number): Uint8Array {
  return new ByteWriter()
    .byte(0x20).u32(local).byte(0x41).s32(longest).byte(0x6b, 0x22).u32(local) // count - longest
    .byte(0x41, 0, 0x48, 0x04, VOID, 0x10).u32(at.pay) // below zero: pay
    .byte(0x41).s32(SPAN - longest).byte(0x21).u32(local).byte(0x0b)
    .done();
}

/** Types of {@link appendedBodies}, in their order. */
export function appendedFunctions(at: Appended): readonly number[] {
  return [at.tickType, at.tickType, at.chargeType, at.chargeType, at.chargeType];
}

/** Bodies of the appended functions: the slow path, a check, the charge for bytes, for pages, for spans. */
export function appendedBodies(at: Appended, maxPages: number): readonly Uint8Array[] {
  const slow = new ByteWriter().byte(0)
    .byte(0x41, 0, 0x11).u32(at.tickType).u32(at.table) // call slot 0
    .byte(0x23).u32(at.fuel).byte(0x42, 0).byte(0x53) // still below zero
    .byte(0x04, VOID, 0x00, 0x0b, 0x0b);
  const single = new ByteWriter().byte(0).raw(checkCode(at, 1)).byte(0x0b);
  const bulk = new ByteWriter().byte(0);
  bulk.byte(0x23).u32(at.fuel)
    .byte(0x20, 0, 0x41, 10, 0x76, 0xad) // length >>> 10, as 64 bits
    .byte(0x42, 1, 0x7c, 0x7d); // + 1, taken off
  pay(bulk, at);
  const grow = new ByteWriter().byte(0);
  grow.byte(0x23).u32(at.fuel)
    // Threat: none pays for pages that it cannot get, or a failing try would cost more than all there is.
    .byte(0x20, 0, 0x41).s32(maxPages).byte(0x20, 0, 0x41).s32(maxPages).byte(0x49, 0x1b)
    .byte(0xad, 0x42).s32(PAGE_FUEL).byte(0x7e, 0x42, 1, 0x7c, 0x7d);
  pay(grow, at);
  // 1, 3, 7, 15, 31, 31: who repeats much pays seldom, and none pays for more than twice of what it does, and 1.
  const spans = new ByteWriter().byte(0).byte(0x23).u32(at.fuel)
    .byte(0x20, 0, 0x41, 1, 0x74, 0x41, 1, 0x72, 0x41, 31, 0x71, 0x22, 0)
    .byte(0xad, 0x7d);
  pay(spans, at);
  return [slow.done(), single.done(), bulk.done(), grow.done(), spans.done()];
}

// Stores what is left, calls the slow path below zero, hands the argument on.
function pay(code: ByteWriter, at: Appended): void {
  code.byte(0x24).u32(at.fuel)
    .byte(0x23).u32(at.fuel).byte(0x42, 0, 0x53)
    .byte(0x04, VOID, 0x10).u32(at.slow).byte(0x0b)
    .byte(0x20, 0, 0x0b);
}
