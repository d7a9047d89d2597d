import { ByteReader } from "../../../sandbox/wasm/binary/byte-reader.ts";
import { OP } from "../../../sandbox/wasm/binary/op-codes.ts";
import { OpReader } from "../../../sandbox/wasm/binary/op-reader.ts";
import { type CoreModule, readModule } from "../../../sandbox/wasm/binary/read-module.ts";
import { SECTION } from "../../../sandbox/wasm/binary/split-sections.ts";
import { WAY } from "../../../sandbox/wasm/instrument/ways.ts";

// Walks through an instrumented module by chance, like a program whose data nobody knows, and counts. It knows the
// checks by their bytes and nothing of how they were placed.

interface Op {
  readonly code: number;
  readonly bytes: Uint8Array;
  readonly labels: readonly number[];
  readonly target: number;
  /** Of blocks: index of the matching end; of `if` also of `else`. */
  end: number;
  alternative: number;
}

/** What was seen on all walks. */
export interface Walked {
  /** Most operations of one activation, and of what it calls without a check, between two checks. */
  longest: number;
  /** Most operations of an activation before its first check. */
  prefix: number;
  /** Calls by an activation that had no check yet. */
  unpaid: number;
  /** Operations of one activation beyond those that its fuel is for, {@link WAY} for 1. */
  excess: number;
  /** Times that a small loop with copies of its body began a round, and paid for spans. */
  repeats: number;
  refills: number;
  /** Operations altogether. */
  steps: number;
}

const SHAPE = new Set<number>(
  [OP.nop, OP.block, OP.loop, OP.else, OP.end, OP.try, OP.catch, OP.catchAll, OP.delegate, OP.tryTable],
);
const UNKNOWN_PREFIX = 32;
const DEEPEST = 5;

/** Walks through functions of an instrumented module. */
export class Walker {
  readonly seen: Walked = { longest: 0, prefix: 0, unpaid: 0, excess: 0, repeats: 0, refills: 0, steps: 0 };
  readonly #module: CoreModule;
  readonly #functions: readonly (readonly Op[])[];
  readonly #next: (below: number) => number;
  readonly #fuel: number;

  /**
   * @param bytes The instrumented module.
   * @param next Chance.
   */
  constructor(bytes: Uint8Array, next: (below: number) => number) {
    this.#module = readModule(bytes);
    this.#next = next;
    this.#fuel = this.#module.spaces.globals - 1;
    this.#functions = decodeAll(this.#module);
  }

  /** How many functions there are that were there before. */
  get functions(): number {
    return this.#functions.length - 5;
  }

  /** Walks through a function once. */
  walk(index: number, steps = 20_000): void {
    this.#activation(index, { depth: 0, left: steps });
  }

  // Returns operations that the caller has to count.
  #activation(index: number, budget: { depth: number; left: number }): number {
    const ops = this.#functions[index] ?? [];
    const open: { readonly at: number; readonly loop: boolean }[] = [];
    let since = 0;
    let paid = false;
    let prefix = 0;
    // Of small loops: what is paid for, how many spans it was last time, what is left of each round, innermost last.
    let count = 0;
    let spans = 0;
    const rounds: { readonly depth: number; left: number }[] = [];
    const exits = new Set<number>();
    let [done, fuel] = [0, 0];
    const { seen } = this;
    function pay(): void {
      since = 0;
      paid = true;
      fuel++;
    }
    // Pays for rounds to come, not for what was done before them.
    function payAhead(times: number): void {
      if (!paid) since = 0;
      paid = true;
      fuel += times;
    }
    function round(cost: number): void {
      count -= cost;
      if (rounds.at(-1)?.depth === open.length) rounds.pop();
      rounds.push({ depth: open.length, left: cost });
    }
    function spend(cost: number): void {
      done += cost;
      const current = rounds.at(-1);
      if (current !== undefined && current.left >= cost) {
        current.left -= cost;
        return;
      }
      since += cost;
      if (paid) seen.longest = Math.max(seen.longest, since);
      else {
        prefix = since;
        seen.prefix = Math.max(seen.prefix, since);
      }
    }
    function branch(label: number): number {
      const to = open.length - 1 - label;
      const block = open[to];
      if (block === undefined) return ops.length;
      open.length = block.loop ? to + 1 : to;
      return block.loop ? block.at + 1 : (ops[block.at]?.end ?? 0) + 1;
    }
    for (let at = 0; at < ops.length && budget.left > 0;) {
      const op = ops[at];
      if (op === undefined) break;
      while ((rounds.at(-1)?.depth ?? 0) > open.length) rounds.pop();
      const check = this.#checkAt(ops, at);
      if (check > 0) {
        pay();
        at += check;
        continue;
      }
      const span = this.#spanAt(ops, at);
      if (span !== null) {
        round(span.cost);
        if (count < 0) {
          payAhead(1);
          count = span.refill;
        }
        at += span.length;
        continue;
      }
      const head = this.#headAt(ops, at);
      if (head !== null) {
        exits.add(open[open.length - 4]?.at ?? -1);
        round(head.cost);
        seen.repeats++;
        at = count < 0 ? branch(1) : at + head.length;
        continue;
      }
      const refill = this.#refillAt(ops, at);
      if (refill > 0) {
        spans = Math.min(31, spans * 2 + 1);
        payAhead(spans);
        seen.refills++;
        count = spans * refill;
        at = branch(0);
        continue;
      }
      if (op.code === OP.br && exits.has(open[open.length - 1 - (op.labels[0] ?? 0)]?.at ?? -1)) {
        at = branch(op.labels[0] ?? 0);
        continue;
      }
      budget.left--;
      seen.steps++;
      if (!SHAPE.has(op.code)) spend(1);
      at++;
      if (op.code === OP.call || op.code === OP.callIndirect || op.code === OP.returnCall) {
        const own = op.target - this.#module.importedFunctions;
        if (op.code === OP.call && own >= this.functions) {
          // What bytes cost; it looks at the fuel as well, which is not counted on.
          since--;
          done--;
          continue;
        }
        if (!paid) seen.unpaid++;
        if (own < 0 || op.target < 0 || budget.depth >= DEEPEST) spend(UNKNOWN_PREFIX);
        else {
          budget.depth++;
          spend(this.#activation(own, budget));
          budget.depth--;
        }
        if (op.code === OP.returnCall) break;
      } else if (op.code === OP.block || op.code === OP.loop || op.code === OP.try || op.code === OP.tryTable) {
        open.push({ at: at - 1, loop: op.code === OP.loop });
      } else if (op.code === OP.if) {
        if (this.#next(2) === 0) open.push({ at: at - 1, loop: false });
        else if (op.alternative > 0) {
          open.push({ at: at - 1, loop: false });
          at = op.alternative + 1;
        } else at = op.end + 1;
      } else if (op.code === OP.else || op.code === OP.catch || op.code === OP.catchAll) {
        const block = open.pop();
        at = (ops[block?.at ?? 0]?.end ?? 0) + 1;
      } else if (op.code === OP.end) open.pop();
      else if (op.code === OP.br) at = branch(op.labels[0] ?? 0);
      else if (op.code === OP.brIf) {
        if (this.#next(2) === 0) at = branch(op.labels[0] ?? 0);
      } else if (op.code === OP.brTable) at = branch(op.labels[this.#next(op.labels.length)] ?? 0);
      else if (op.code === OP.return || op.code === OP.unreachable || op.code === OP.throw) break;
    }
    seen.excess = Math.max(seen.excess, done - fuel * WAY);
    return paid ? prefix : since;
  }

  // How many operations a check at a place has, 0 for none.
  #checkAt(ops: readonly Op[], at: number): number {
    const codes = [0x23, 0x42, 0x7d, 0x24, 0x23, 0x42, 0x53, OP.if, OP.call, OP.end];
    if (codes.some((code, index) => ops[at + index]?.code !== code)) return 0;
    if (![0, 3, 4].every((index) => numberOf(ops[at + index]) === this.#fuel)) return 0;
    return codes.length;
  }

  #spanAt(
    ops: readonly Op[],
    at: number,
  ): { readonly length: number; readonly cost: number; readonly refill: number } | null {
    const codes = [0x20, 0x41, 0x6b, 0x22, 0x41, 0x48, OP.if, OP.call, 0x41, 0x21, OP.end];
    if (codes.some((code, index) => ops[at + index]?.code !== code)) return null;
    const paying = this.#module.importedFunctions + this.functions + 1;
    if (ops[at + 7]?.target !== paying) return null;
    return { length: codes.length, cost: numberOf(ops[at + 1]), refill: numberOf(ops[at + 8]) };
  }

  // The head of a loop that repeats; its own payment stands outside of it.
  #headAt(ops: readonly Op[], at: number): { readonly length: number; readonly cost: number } | null {
    const codes = [0x20, 0x41, 0x6b, 0x22, 0x41, 0x48, OP.brIf];
    if (codes.some((code, index) => ops[at + index]?.code !== code)) return null;
    const around = [OP.loop, OP.block, OP.loop, OP.block];
    if (around.some((code, index) => ops[at - 1 - index]?.code !== code)) return null;
    return { length: codes.length, cost: numberOf(ops[at + 1]) };
  }

  // How many operations each span is that is paid for at a place, 0 for none.
  #refillAt(ops: readonly Op[], at: number): number {
    const codes = [0x20, OP.call, 0x22, 0x41, 0x6c, 0x21, OP.br];
    if (codes.some((code, index) => ops[at + index]?.code !== code)) return 0;
    if (ops[at + 1]?.target !== this.#module.importedFunctions + this.functions + 4) return 0;
    return numberOf(ops[at + 3]);
  }
}

// The number behind a code: not negative wherever it is asked for.
function numberOf(op: Op | undefined): number {
  return op === undefined ? -1 : new ByteReader(op.bytes, 1).u32();
}

function decodeAll(module: CoreModule): readonly (readonly Op[])[] {
  const from = new ByteReader(module.sections.get(SECTION.code) ?? new Uint8Array(1));
  const reader = new OpReader(module.spaces);
  reader.locals = 1_000_000;
  return Array.from({ length: from.count() }, () => {
    const body = from.part(from.u32());
    for (let left = body.count(); left > 0; left--) {
      body.u32();
      body.byte();
    }
    const ops: Op[] = [];
    const open: Op[] = [];
    while (!body.done) {
      const start = body.at;
      reader.read(body);
      const { code, target } = reader;
      const op: Op = {
        code,
        target,
        labels: [...reader.labels],
        bytes: body.bytes.subarray(start, body.at),
        end: 0,
        alternative: 0,
      };
      if ((code >= OP.block && code <= OP.if) || code === OP.try || code === OP.tryTable) open.push(op);
      const block = open.at(-1);
      if (code === OP.else && block !== undefined) block.alternative = ops.length;
      if (code === OP.end || code === OP.delegate) {
        open.pop();
        if (block !== undefined) block.end = ops.length;
      }
      ops.push(op);
    }
    return ops;
  });
}
