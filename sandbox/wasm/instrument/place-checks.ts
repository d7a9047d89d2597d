import { OP } from "../binary/op-codes.ts";
import type { BodyOps } from "./body-ops.ts";
import type { SmallLoop } from "./small-loops.ts";
import { isBulk, isCall, isShape, isStop, join, NO_WAY, PREFIX, SPAN, WAY, type Ways } from "./ways.ts";

/** What is put in at a place. */
export const INSERT = {
  /** A check at the entry: costs 1, and more for many locals. */
  entry: 0,
  /** A check that costs 1. */
  check: 1,
  /** Before an operation on many bytes or elements: 1 for each 1,024. */
  bulk: 2,
  /** Before a memory grows. */
  grow: 3,
  /** At the head of a small loop. */
  span: 4,
  /** In the place of a small loop that repeats: the whole of it. */
  repeat: 5,
} as const;

/** What goes into the body of a function, in the order of places. */
export interface Insertions {
  /** Places in the bytes that the body was read from. */
  readonly places: readonly number[];
  /** Of {@link INSERT}. */
  readonly kinds: readonly number[];
  /** Index of the operation that each belongs to. */
  readonly indexes: readonly number[];
  /** Most operations before the first check. */
  readonly prefix: number;
  /** How many checks stand before calls because not every way there had one. */
  readonly late: number;
  /** Whether it can return without a check. */
  readonly free: boolean;
}

/** How to place checks. */
export interface PlaceOptions {
  /** `false`: one at the entry. `true`: only on ways that call, repeat or are long. */
  readonly late: boolean;
  /** Each small loop, by the index of its operation. */
  readonly small: ReadonlyMap<number, SmallLoop>;
  /** Most operations that a function does before its first check; asked for -1 where it is not known which. */
  readonly prefixOf: (index: number) => number;
}

/**
 * Finds out where a function needs checks: at the head of each loop, wherever a way forward would come to more than
 * {@link WAY} operations since the last one, and at the entry; or, instead of the entry, before the first call of each
 * way. So each activation pays at least 1 for each {@link WAY} operations that it does and no activation calls without
 * having paid; the first {@link PREFIX} operations of one without a check at its entry are counted where it is called.
 *
 * A loop never pays for its whole body at once: the loop of an interpreter holds all that it could do, and does little
 * of it each time. Small loops pay for many rounds at once, counting them in a local: each operation there is paid for
 * before it is done, 1 for {@link SPAN}, and the ways go on behind them as if they were not there.
 *
 * @param ops The body.
 * @param options How.
 * @returns What to put in where.
 */
export function placeChecks(ops: BodyOps, options: PlaceOptions): Insertions {
  const placing = new Placing(ops, options);
  placing.all();
  return placing;
}

interface Block {
  code: number;
  /** Whether it stands in a small loop, or is one. */
  readonly small: boolean;
  /** Ways that reach its end by a branch. */
  readonly end: Ways;
  /** Ways at its start: what `else` begins with, or how its end is reached without one. */
  readonly start: Ways;
}

class Placing implements Insertions {
  readonly places: number[] = [];
  readonly kinds: number[] = [];
  readonly indexes: number[] = [];
  prefix = 0;
  late = 0;
  free = false;
  readonly #ops: BodyOps;
  readonly #options: PlaceOptions;
  readonly #limit: number;
  readonly #now: Ways = { checked: NO_WAY, fresh: 0 };
  readonly #open: Block[] = [];
  #small = false;
  #index = 0;

  constructor(ops: BodyOps, options: PlaceOptions) {
    this.#ops = ops;
    this.#options = options;
    this.#limit = options.small.size > 0 ? WAY - SPAN : WAY;
  }

  all(): void {
    const { codes, places, count } = this.#ops;
    if (!this.#options.late) this.#check(places[0] ?? 0, INSERT.entry);
    this.#start(OP.block);
    for (let index = 0; index < count; index++) {
      const code = codes[index] ?? 0;
      this.#index = index;
      if (isShape(code)) this.#shape(index, code);
      else this.#one(index, code);
    }
  }

  #shape(index: number, code: number): void {
    switch (code) {
      case OP.block:
      case OP.try:
        return this.#start(code);
      case OP.tryTable:
        // Its labels count from outside of it; what it catches comes from anywhere inside.
        this.#branch(index, { checked: WAY, fresh: NO_WAY });
        return this.#start(code);
      case OP.loop:
        return this.#loop(index);
      case OP.end:
      case OP.delegate:
        return this.#end();
      case OP.else:
      case OP.catch:
      case OP.catchAll:
        return this.#turn(code);
      default:
    }
  }

  #one(index: number, code: number): void {
    const place = this.#ops.places[index] ?? 0;
    if (isCall(code)) this.#call(index, place);
    else this.#step(place, 1);
    if (code === OP.if) this.#start(code);
    else if (code < OP.memoryGrow) {
      if (code === OP.brIf || code === OP.br || code === OP.brTable) this.#branch(index, this.#now);
      if (isStop(code)) this.#stop(code);
    } else if (code === OP.memoryGrow) this.#put(place, INSERT.grow);
    else if (isBulk(code)) this.#put(place, INSERT.bulk);
  }

  get #reached(): boolean {
    return this.#now.checked !== NO_WAY || this.#now.fresh !== NO_WAY;
  }

  #put(place: number, kind: number): void {
    this.places.push(place);
    this.kinds.push(kind);
    this.indexes.push(this.#index);
  }

  #check(place: number, kind: number): void {
    this.#put(place, kind);
    this.#now.checked = 0;
    this.#now.fresh = NO_WAY;
  }

  #step(place: number, cost: number): void {
    const now = this.#now;
    // What stands directly in a small loop is paid for at its head.
    if (this.#small || !this.#reached) return;
    if (now.checked + cost > this.#limit || now.fresh + cost > PREFIX) this.#check(place, INSERT.check);
    if (now.checked !== NO_WAY) now.checked += cost;
    if (now.fresh === NO_WAY) return;
    now.fresh += cost;
    if (now.fresh > this.prefix) this.prefix = now.fresh;
  }

  // Threat: functions that call each other for ever. None calls before it has paid.
  #call(index: number, place: number): void {
    if (this.#now.fresh !== NO_WAY) {
      this.late++;
      this.#check(place, INSERT.check);
    }
    this.#step(place, 1 + this.#options.prefixOf(this.#ops.targets[index] ?? -1));
  }

  #loop(index: number): void {
    const head = this.#ops.places[index + 1] ?? 0;
    const small = this.#options.small.get(index);
    this.#start(OP.loop, small !== undefined);
    if (!this.#reached) return;
    if (small === undefined) return this.#check(head, INSERT.check);
    if (small.repeats) this.#put(this.#ops.places[index] ?? 0, INSERT.repeat);
    else this.#put(head, INSERT.span);
    // Its count begins with nothing: who had no check yet gets one now.
    if (this.#now.fresh !== NO_WAY) join(this.#now, { checked: 0, fresh: NO_WAY });
    this.#now.fresh = NO_WAY;
  }

  #stop(code: number): void {
    if (code === OP.return) this.free ||= this.#now.fresh !== NO_WAY;
    this.#now.checked = NO_WAY;
    this.#now.fresh = NO_WAY;
  }

  #branch(index: number, ways: Ways): void {
    for (const label of this.#ops.labels(index)) {
      const block = this.#open[this.#open.length - 1 - label];
      // A branch to a loop goes to its head, where a check stands.
      if (block !== undefined && block.code !== OP.loop) join(block.end, ways);
    }
  }

  #start(code: number, small: boolean = this.#small): void {
    this.#open.push({ code, small, end: { checked: NO_WAY, fresh: NO_WAY }, start: { ...this.#now } });
    this.#small = small;
  }

  #end(): void {
    const block = this.#open.pop();
    if (block === undefined) return;
    join(this.#now, block.end);
    if (block.code === OP.if) join(this.#now, block.start);
    this.#small = this.#open.at(-1)?.small ?? false;
    if (this.#open.length === 0) this.free ||= this.#now.fresh !== NO_WAY;
  }

  // Begins the next part of a block; what is caught comes from anywhere in it.
  #turn(code: number): void {
    const block = this.#open.at(-1);
    if (block === undefined) return;
    join(block.end, this.#now);
    block.code = code;
    this.#now.checked = code === OP.else ? block.start.checked : WAY;
    this.#now.fresh = code === OP.else ? block.start.fresh : NO_WAY;
  }
}
