import { BodyOps } from "./body-ops.ts";
import { placeChecks } from "./place-checks.ts";
import type { CodeReader } from "./read-code.ts";
import type { SmallLoop } from "./small-loops.ts";
import { PREFIX } from "./ways.ts";

/** Where each function of a module pays first. */
export interface Entries {
  /** For each function of its own: whether it pays before its calls instead of at its entry. */
  readonly late: readonly boolean[];
  /** Most operations that a function does before it pays; -1 asks for one that is not known. */
  readonly prefixOf: (index: number) => number;
}

// Longer functions have no short way through, and are not worth a second look.
const SHORT = 2048;
// More checks before calls than this, instead of one at the entry, would make the module grow.
const MOST_LATE = 6;
// Locals are cleared at the entry, which has to be paid.
const MOST_LOCALS = 128;
const NO_LOOPS: ReadonlyMap<number, SmallLoop> = new Map();

/**
 * Decides which functions pay late: those that can return after a few operations without calling anything. Programs
 * call such functions all the time, and an interpreter most of all.
 *
 * @param code The bodies.
 * @returns The decision.
 */
export function planEntries(code: CodeReader): Entries {
  const late: boolean[] = [];
  const prefixes: number[] = [];
  const ops = new BodyOps();
  for (const { body, op } of code.bodies()) {
    let prefix: number | null = null;
    if (body.end - body.at <= SHORT && op.locals <= MOST_LOCALS) {
      ops.read(body, op);
      const placed = placeChecks(ops, { late: true, small: NO_LOOPS, prefixOf: () => 0 });
      if (placed.free && placed.late <= MOST_LATE) ({ prefix } = placed);
    }
    late.push(prefix !== null);
    prefixes.push(prefix ?? 0);
  }
  return { late, prefixOf: (index) => prefixes[index - code.imported] ?? PREFIX };
}
