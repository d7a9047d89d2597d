/**
 * Tells whether every path that a glob matches is also matched by one of some others, by what they match, not by how
 * they are written: `data/*.csv` is covered by `data/**`.
 *
 * @example
 * ```ts
 * globsCover(["data/**"], "data/*.csv"); // true
 * globsCover(["*.csv", "*.txt"], "*.??"); // globs know no "?"
 * ```
 * @param wide Globs of a skill's permissions.
 * @param glob One more.
 * @returns `true` only when it is certain: where the comparison would take too long, the glob counts as wider.
 */
export function globsCover(wide: readonly string[], glob: string): boolean {
  if (wide.includes(glob)) return true;
  const narrowMachines = machines(glob);
  const wideMachines = wide.flatMap(machines);
  const alphabet = alphabetOf([...narrowMachines, ...wideMachines]);
  return narrowMachines.every((machine) => contained(machine, wideMachines, alphabet));
}

type Token = string;
type Machine = readonly Token[];

// Threat: globs of a hostile author that keep the comparison busy. Above this many steps the answer is no.
const MAX_STEPS = 3_000_000;
/** Any character that no glob names. */
const OTHER = "\u0000";

/** `dir/**` also matches `dir`: two machines. */
function machines(glob: string): readonly Machine[] {
  return glob.endsWith("/**") ? [tokenize(glob), tokenize(glob.slice(0, -3))] : [tokenize(glob)];
}

function tokenize(glob: string): Machine {
  return glob.match(/\*\*|\*|[^*]/gsu) ?? [];
}

function alphabetOf(all: readonly Machine[]): readonly string[] {
  const named = all.flat().filter((token) => token !== "*" && token !== "**");
  return [...new Set([...named, "/", ".", OTHER])];
}

/** Walks one machine and the set of the others side by side; a path that only the first accepts is the answer no. */
function contained(narrow: Machine, wide: readonly Machine[], alphabet: readonly string[]): boolean {
  const start: Position = {
    narrow: closure(narrow, [0]),
    wide: wide.map((machine) => closure(machine, [0])),
    atStart: true,
  };
  const queue: Position[] = [start];
  const seen = new Set<string>([keyOf(start)]);
  let steps = 0;
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (isPath(at) && accepts(narrow, at.narrow) && !wide.some((machine, i) => accepts(machine, at.wide[i] ?? []))) {
      return false;
    }
    for (const letter of alphabet) {
      steps += at.narrow.length + at.wide.reduce((sum, set) => sum + set.length + 1, 1);
      if (steps > MAX_STEPS) return false;
      const next = step(at, letter, { narrow, wide });
      if (next === null || seen.has(keyOf(next))) continue;
      seen.add(keyOf(next));
      queue.push(next);
    }
  }
  return true;
}

interface Position {
  /** How many tokens may have been matched. */
  readonly narrow: readonly number[];
  readonly wide: readonly (readonly number[])[];
  /** `true` at the start of a name: only a literal dot matches a dot there. */
  readonly atStart: boolean;
  /** `true` after a separator: no path ends there. */
  readonly afterSlash?: boolean;
}

function step(
  at: Position,
  letter: string,
  { narrow, wide }: { readonly narrow: Machine; readonly wide: readonly Machine[] },
): Position | null {
  // A path has no empty part.
  if (letter === "/" && at.atStart) return null;
  const move = { letter, hidden: letter === "." && at.atStart };
  const next = advance(narrow, at.narrow, move);
  if (next.length === 0) return null;
  return {
    narrow: next,
    wide: wide.map((machine, i) => advance(machine, at.wide[i] ?? [], move)),
    atStart: letter === "/",
    afterSlash: letter === "/",
  };
}

function advance(
  machine: Machine,
  from: readonly number[],
  { letter, hidden }: { readonly letter: string; readonly hidden: boolean },
): readonly number[] {
  const next: number[] = [];
  for (const i of from) {
    const token = machine[i];
    if (token === "**") {
      if (!hidden) next.push(i);
    } else if (token === "*") {
      if (!hidden && letter !== "/") next.push(i);
    } else if (token === letter && !(hidden && i > 0 && machine[i - 1] !== "/")) next.push(i + 1);
  }
  return closure(machine, next);
}

function closure(machine: Machine, starts: readonly number[]): readonly number[] {
  const all = new Set<number>();
  for (const start of starts) {
    for (let i = start;; i++) {
      all.add(i);
      if (machine[i] !== "*" && machine[i] !== "**") break;
    }
  }
  return [...all].toSorted((a, b) => a - b);
}

function accepts(machine: Machine, at: readonly number[]): boolean {
  return at.includes(machine.length);
}

function isPath(at: Position): boolean {
  return at.afterSlash !== true;
}

function keyOf(at: Position): string {
  return `${at.narrow.join(",")};${at.wide.map((set) => set.join(",")).join(";")};${at.atStart ? 1 : 0}`;
}
