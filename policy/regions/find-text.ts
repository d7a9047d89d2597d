import type { Pattern } from "./pattern.ts";

/** What a search looks for. */
export interface TextSearch {
  /** The text matches all of these. */
  readonly inside: readonly Pattern[];
  /** And none of these. */
  readonly outside: readonly Pattern[];
}

/**
 * Tells whether a pattern matches a text.
 *
 * @param pattern A pattern.
 * @param text Any text.
 */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  let states: States = pattern.closures[0] ?? [];
  for (const letter of text) states = move(pattern, states, letter);
  return accepts(pattern, states);
}

/** The most steps of one search. Threat: a hostile policy whose globs multiply to more states than memory. */
const MAX_STEPS = 20_000;
const MAX_LENGTH = 4_096;

/** States of one pattern that a beginning of a text may have led to; sorted. */
type States = readonly number[];

/** Where a beginning of a text has led all patterns, in the order of the search. */
interface Point {
  readonly sets: readonly States[];
  /** The beginning itself, as a link to its own beginning: the queue may be long. */
  readonly text: Link | null;
}

interface Link {
  readonly letter: string;
  readonly before: Link | null;
}

/**
 * Finds the shortest text that some patterns match and others do not.
 *
 * @param search Patterns that must and must not match.
 * @returns A text, `null` when there is none, `undefined` when the search was given up.
 */
export function findText(search: TextSearch): string | null | undefined {
  // What must not match mostly does not: only patterns that a found text met are carried along from then on.
  const met: Pattern[] = [];
  const other = strangerTo([...search.inside, ...search.outside]);
  for (;;) {
    const text = searchOnce(search.inside, met, other);
    if (typeof text !== "string") return text;
    const hits = search.outside.filter((pattern) => matchesPattern(pattern, text));
    if (hits.length === 0) return text;
    met.push(...hits);
  }
}

/** One breadth-first search; `other` stands for all letters that no pattern names. */
function searchOnce(
  include: readonly Pattern[],
  exclude: readonly Pattern[],
  other: string,
): string | null | undefined {
  const patterns = [...include, ...exclude];
  const inside = include.length;
  const start = patterns.map((pattern) => pattern.closures[0] ?? []);
  const seen = new Set([keyOf(start)]);
  let wave: Point[] = [{ sets: start, text: null }];
  for (let length = 0, steps = 0; wave.length > 0; length++) {
    if (length > MAX_LENGTH) return undefined;
    const next: Point[] = [];
    for (const { sets, text } of wave) {
      if (patterns.every((pattern, at) => accepts(pattern, sets[at] ?? []) === at < inside)) return textOf(text);
      for (const letter of lettersAt(patterns, sets, other)) {
        if (++steps > MAX_STEPS) return undefined;
        const moved = moveAll(patterns, sets, { letter, inside });
        const key = moved === null ? null : keyOf(moved);
        if (moved === null || key === null || seen.has(key)) continue;
        seen.add(key);
        next.push({ sets: moved, text: { letter, before: text } });
      }
    }
    wave = next;
  }
  return null;
}

/** A letter that stands in no pattern: all such letters are alike. */
function strangerTo(patterns: readonly Pattern[]): string {
  const friendly = "xyzabcdefghijklmnopqrstuvw0123456789XYZ_".split("");
  return friendly.find((letter) => patterns.every((pattern) => !pattern.letters.has(letter))) ?? "\u2026";
}

/** The letters that lead anywhere in particular from here, what can be read best first. */
function lettersAt(patterns: readonly Pattern[], sets: readonly States[], other: string): readonly string[] {
  const found = new Set<string>();
  for (const [at, pattern] of patterns.entries()) {
    for (const state of sets[at] ?? []) {
      for (const { edge } of pattern.states[state]?.edges ?? []) {
        if (edge.kind === "letter") found.add(edge.letter);
        else if (edge.but !== null) found.add(edge.but);
      }
    }
  }
  found.delete(other);
  return [other, ...[...found].toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))];
}

function rank(letter: string): number {
  return /[a-z0-9]/i.test(letter) ? 0 : letter === "/" ? 1 : 2;
}

function accepts(pattern: Pattern, states: States): boolean {
  return states.includes(pattern.states.length - 1);
}

interface Move {
  readonly letter: string;
  /** How many of the patterns must match in the end. */
  readonly inside: number;
}

/** Where a letter leads, or `null` when a pattern that must match cannot any more. */
function moveAll(
  patterns: readonly Pattern[],
  sets: readonly States[],
  { letter, inside }: Move,
): readonly States[] | null {
  const moved: States[] = [];
  for (const [at, pattern] of patterns.entries()) {
    const states = move(pattern, sets[at] ?? [], letter);
    if (states.length === 0 && at < inside) return null;
    moved.push(states);
  }
  return moved;
}

function move(pattern: Pattern, set: States, letter: string): States {
  let reached: number[] | null = null;
  for (const state of set) {
    for (const { edge, to } of pattern.states[state]?.edges ?? []) {
      if (edge.kind === "letter" ? edge.letter !== letter : edge.but === letter) continue;
      const closure = pattern.closures[to] ?? [];
      reached ??= [];
      for (const one of closure) if (!reached.includes(one)) reached.push(one);
    }
  }
  return reached === null ? NONE : reached.length < 2 ? reached : reached.toSorted((a, b) => a - b);
}

const NONE: States = [];

function keyOf(sets: readonly States[]): string {
  return sets.map((set) => set.join(",")).join(";");
}

function textOf(link: Link | null): string {
  const letters: string[] = [];
  for (let at = link; at !== null; at = at.before) letters.push(at.letter);
  return letters.toReversed().join("");
}
