// Valid modules by chance, from a seed: blocks, loops that end, br_table, calls direct and through a table, memory,
// globals, bulk operations, exceptions. Written without the code that is tested.

/** A pseudo-random source; the same seed gives the same numbers on every runtime. */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** LEB128, unsigned. */
export function u(given: number): number[] {
  const bytes: number[] = [];
  for (let rest = given;;) {
    const byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** LEB128, signed. */
export function s(given: number): number[] {
  const bytes: number[] = [];
  for (let rest = given;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** A section with a count and its entries. */
export function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [...u(entries.length), ...entries.flat()];
  return [id, ...u(content.length), ...content];
}

/** A name. */
export function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...u(bytes.length), ...bytes];
}

/** First bytes of a core module. */
export const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const [I32, I64, F64] = [0x7f, 0x7e, 0x7c];
// Locals of each function: i32 i32, its parameters, then i32 i32 i64 f64.
const BUDGET = 0;

/** What a branch goes to: one that carries a value is never taken. */
type Label = "block" | "loop" | "value";

interface Made {
  readonly next: (below: number) => number;
  /** Index of the function that is written: it calls only those before it. */
  readonly index: number;
  /** Labels that may be branched to, innermost last: how deep they are and whether they are loops. */
  readonly labels: readonly Label[];
  readonly exceptions: boolean;
  /** Room left for operations. */
  size: number;
}

/** Options of {@link randomModule}. */
export interface ModuleOptions {
  readonly functions?: number;
  readonly size?: number;
  readonly exceptions?: boolean;
  readonly minPages?: number;
}

/**
 * Writes a module with exports `main: (i32, i32) -> i32`, `memory` and `g1`.
 *
 * @param seed Any number.
 * @param options How large.
 * @returns Its bytes.
 */
export function randomModule(seed: number, options: ModuleOptions = {}): Uint8Array<ArrayBuffer> {
  const next = numbers(seed * 2654435761);
  const count = options.functions ?? 2 + next(5);
  const bodies = Array.from({ length: count }, (_, index) => {
    const made: Made = {
      next,
      index,
      labels: [],
      exceptions: options.exceptions ?? false,
      size: options.size ?? 40 + next(200),
    };
    const code: number[] = [];
    while (made.size > 0) code.push(...statement(made));
    code.push(...value(made, I32), 0x0b);
    const body = [3, 2, I32, 1, I64, 1, F64, ...code];
    return [...u(body.length), ...body];
  });
  return new Uint8Array([
    ...HEADER,
    ...section(1, [[0x60, 2, I32, I32, 1, I32], [0x60, 1, I32, 0]]),
    ...section(3, bodies.map(() => [0])),
    ...section(4, [[0x70, 0, ...u(count)]]),
    ...section(5, [[1, options.minPages ?? 1, 3]]),
    ...(options.exceptions === true ? section(13, [[0, 1]]) : []),
    ...section(6, [[I32, 1, 0x41, ...s(4000), 0x0b], [I64, 1, 0x42, 5, 0x0b]]),
    ...section(7, [
      [...name("main"), 0, ...u(count - 1)],
      [...name("memory"), 2, 0],
      [...name("g1"), 3, 1],
    ]),
    ...section(9, [[0, 0x41, 0, 0x0b, ...u(count), ...bodies.flatMap((_, index) => u(index))]]),
    ...section(10, bodies),
    ...section(11, [[0, 0x41, 16, 0x0b, ...name("some data")]]),
  ]);
}

function local(type: number, next: Made["next"]): number {
  return type === I64 ? 4 : type === F64 ? 5 : next(4);
}

// An address below one page.
function address(made: Made): number[] {
  return [...value(made, I32), 0x41, ...s(0x7fff), 0x71];
}

// Code that leaves one value of the type.
function value(made: Made, type: number): number[] {
  const { next } = made;
  made.size--;
  if (made.size <= 0 || next(4) === 0) return constant(type, next);
  if (type === F64) {
    return next(3) === 0 ? [...value(made, I32), 0xb7] : [...value(made, F64), ...value(made, F64), 0xa0 + next(3)];
  }
  if (type === I64) {
    return next(3) === 0
      ? [...value(made, I32), 0xac]
      : next(3) === 0
      ? [0x23, 1]
      : [...value(made, I64), ...value(made, I64), 0x7c + next(3)];
  }
  switch (next(9)) {
    case 0:
      return [...address(made), 0x28, 2, 0];
    case 1:
      return [...value(made, I64), 0xa7];
    case 2:
      return [...value(made, F64), ...value(made, F64), 0x61 + next(6)];
    case 3:
      return made.index === 0 ? [0x3f, 0] : [...value(made, I32), ...value(made, I32), 0x10, ...u(next(made.index))];
    case 4:
      return made.index === 0
        ? [0x20, next(4)]
        : [...value(made, I32), ...value(made, I32), ...value(made, I32), 0x41, ...s(made.index), 0x70, 0x11, 0, 0];
    case 5: {
      const condition = value(made, I32);
      const inner = inside(made, "value");
      const then = [...statement(inner), ...value(inner, I32)];
      return [...condition, 0x04, I32, ...then, 0x05, ...value(inner, I32), 0x0b];
    }
    case 6:
      return [...value(made, I32), ...value(made, I32), ...value(made, I32), 0x1b];
    // Division, which may trap.
    case 7:
      return [...value(made, I32), ...value(made, I32), next(6) === 0 ? 0x6d : 0x6a + next(3)];
    default:
      return [...value(made, I32), ...value(made, I32), 0x71 + next(6)];
  }
}

function constant(type: number, next: Made["next"]): number[] {
  if (next(2) === 0) return [0x20, local(type, next)];
  if (type === I64) return [0x42, ...s(next(1000) - 500)];
  if (type === F64) return [0x44, 0, 0, 0, 0, 0, next(256), next(128) + 40, 0x40];
  return [0x41, ...s(next(100_000) - 50_000)];
}

// Code that leaves nothing.
function statement(made: Made): number[] {
  const { next } = made;
  made.size--;
  if (made.size <= 0) return [0x01];
  const type = [I32, I32, I64, F64][next(4)] ?? I32;
  switch (next(made.exceptions ? 12 : 10)) {
    case 0:
      return [...address(made), ...value(made, I32), 0x36, 2, 0];
    case 1:
      return [...value(made, I64), 0x24, 1];
    case 2:
      return loop(made);
    case 3: {
      const inner = inside(made, "block");
      const code = many(inner);
      return [0x02, 0x40, ...code, 0x0b];
    }
    case 4: {
      const inner = inside(made, "block");
      const condition = value(made, I32);
      return [...condition, 0x04, 0x40, ...many(inner), ...(next(2) === 0 ? [0x05, ...many(inner)] : []), 0x0b];
    }
    case 5: {
      const out = blocks(made);
      return out.length === 0 ? [0x01] : [...value(made, I32), 0x0d, ...u(out[next(out.length)] ?? 0)];
    }
    case 6: {
      // A dispatch, inside of a block of its own so that the code behind it can be reached.
      const out = [0, ...blocks(made).map((label) => label + 1)];
      const cases = Array.from({ length: next(5) }, () => u(out[next(out.length)] ?? 0));
      return [0x02, 0x40, ...value(inside(made, "block"), I32), 0x0e, ...u(cases.length), ...cases.flat(), 0, 0x0b];
    }
    case 7: {
      const length = [...value(made, I32), 0x41, ...s(0x3fff), 0x71];
      return next(2) === 0
        ? [...address(made), ...value(made, I32), ...length, 0xfc, 11, 0]
        : [...address(made), ...address(made), ...length, 0xfc, 10, 0, 0];
    }
    case 8:
      return next(8) === 0 ? [0x41, 1, 0x40, 0, 0x1a] : [...value(made, type), 0x21, local(type, next)];
    case 10: {
      const inner = inside(made, "block");
      return [0x06, 0x40, ...many(inner), 0x07, 0, 0x21, 2, ...many(inner), 0x19, ...many(inner), 0x0b];
    }
    case 11:
      return [...value(made, I32), 0x04, 0x40, ...value(inside(made, "block"), I32), 0x08, 0, 0x0b];
    default:
      return [...value(made, type), 0x21, local(type, next)];
  }
}

// What stands in a block gets half of the room.
function inside(made: Made, ...labels: readonly Label[]): Made {
  const size = Math.floor(made.size / 2);
  made.size -= size;
  return { ...made, labels: [...made.labels, ...labels], size };
}

function many(made: Made): number[] {
  const code: number[] = [];
  for (let left = 1 + made.next(4); left > 0; left--) code.push(...statement(made));
  return code;
}

// Labels of blocks around: a branch to a loop could go on for ever.
function blocks(made: Made): number[] {
  return made.labels.map((kind, index) => kind === "block" ? made.labels.length - 1 - index : -1).filter((label) =>
    label >= 0
  );
}

// A loop in a block; it ends at the latest when the budget of all loops is used up.
function loop(made: Made): number[] {
  const inner = inside(made, "block", "loop");
  const pay = [0x23, BUDGET, 0x41, 1, 0x6b, 0x24, BUDGET, 0x23, BUDGET, 0x41, 0, 0x4c, 0x0d, 1];
  const body = many(inner);
  const again = made.next(2) === 0 ? [0x0c, 0] : [...value(inner, I32), 0x0d, 0];
  return [0x02, 0x40, 0x03, 0x40, ...pay, ...body, ...again, 0x0b, 0x0b];
}
