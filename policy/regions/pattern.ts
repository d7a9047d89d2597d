import { PolicyError } from "../errors.ts";
import { checkPathGlob, type PathRoots } from "../path-syntax.ts";

/** What one letter of a text must be. */
type Edge =
  | { readonly kind: "letter"; readonly letter: string }
  /** Any letter but a separator; `null` for any at all. */
  | { readonly kind: "any"; readonly but: string | null };

/** A state of {@link Pattern}: where to go with a letter, and without one. */
interface State {
  readonly edges: { readonly edge: Edge; readonly to: number }[];
  readonly free: number[];
}

/** A glob as an automaton: state 0 is the start, the last state accepts. */
export interface Pattern {
  readonly states: readonly State[];
  /** For each state all that it reaches without a letter, itself too; sorted. */
  readonly closures: readonly (readonly number[])[];
  /** Every letter that stands in the glob. */
  readonly letters: ReadonlySet<string>;
}

/** Collects states while a glob is read from left to right. */
class Builder {
  readonly states: State[] = [{ edges: [], free: [] }];
  readonly letters = new Set<string>();

  get end(): number {
    return this.states.length - 1;
  }

  /** Appends a letter. */
  letter(letter: string): void {
    this.letters.add(letter);
    this.#append({ kind: "letter", letter });
  }

  /** Appends one letter that is no separator. */
  any(but: string | null): void {
    this.#append({ kind: "any", but });
  }

  /** Appends any run of letters that are no separators. */
  run(but: string | null): void {
    const from = this.end;
    this.states.push({ edges: [{ edge: { kind: "any", but }, to: from + 1 }], free: [] });
    this.states[from]?.free.push(from + 1);
  }

  /** Repeats what was appended since `from`, any number of times or none. */
  repeat(from: number): void {
    const to = this.end;
    this.states[to]?.free.push(from);
    this.states.push({ edges: [], free: [] });
    this.states[from]?.free.push(to + 1);
    this.states[to]?.free.push(to + 1);
  }

  build(): Pattern {
    return { states: this.states, closures: this.states.map((_, at) => this.#closure(at)), letters: this.letters };
  }

  #closure(from: number): readonly number[] {
    const reached = new Set([from]);
    for (const state of reached) for (const to of this.states[state]?.free ?? []) reached.add(to);
    return [...reached].toSorted((a, b) => a - b);
  }

  #append(edge: Edge): void {
    const from = this.end;
    this.states.push({ edges: [], free: [] });
    this.states[from]?.edges.push({ edge, to: from + 1 });
  }
}

/**
 * Reads a path glob.
 *
 * @param glob A glob of a policy.
 * @param roots What `${…}` stands for.
 * @returns Its automaton over absolute paths; the root folder is the empty text.
 * @throws {PolicyError} `POLICY_GLOB` or `POLICY_REF` for what is no path glob.
 */
export function pathPattern(glob: string, roots: PathRoots): Pattern {
  checkPathGlob(glob);
  const builder = new Builder();
  const [, root, rest = glob] = /^\$\{([a-z_]+)\}(.*)$/s.exec(glob) ?? [];
  const base = root === undefined ? "" : rootOf(root, roots);
  for (const letter of base) builder.letter(letter);
  for (const segment of rest.split("/")) {
    if (segment === "") continue;
    const from = builder.end;
    builder.letter("/");
    if (segment === "**") {
      builder.any("/");
      builder.run("/");
      builder.repeat(from);
    } else appendText(builder, segment, "/");
  }
  return builder.build();
}

/**
 * Reads a host glob: `*` is one label, a leading `**` one or more.
 *
 * @param glob A glob of a policy.
 * @returns Its automaton over host names.
 */
export function hostPattern(glob: string): Pattern {
  const builder = new Builder();
  for (const [at, label] of glob.toLowerCase().split(".").entries()) {
    if (at > 0) builder.letter(".");
    if (label !== "*" && label !== "**") appendText(builder, label, null);
    else {
      builder.any(".");
      builder.run(".");
    }
    if (label !== "**") continue;
    const from = builder.end;
    builder.letter(".");
    builder.any(".");
    builder.run(".");
    builder.repeat(from);
  }
  return builder.build();
}

/**
 * Reads a glob of `*` and `?` over plain text.
 *
 * @param glob A glob of a policy.
 * @returns Its automaton.
 */
export function textPattern(glob: string): Pattern {
  const builder = new Builder();
  appendText(builder, glob, null);
  return builder.build();
}

function appendText(builder: Builder, text: string, but: string | null): void {
  for (const letter of text) {
    if (letter === "*") builder.run(but);
    else if (letter === "?") builder.any(but);
    else builder.letter(letter);
  }
}

function rootOf(name: string, roots: PathRoots): string {
  const known: Readonly<Record<string, string | null>> = {
    project: roots.project,
    home: roots.home,
    tmp: roots.tmp,
    skill_data: roots.skill_data,
  };
  const root = known[name];
  if (root === undefined) throw new PolicyError("POLICY_REF", `Cannot read path glob: unknown root "\${${name}}"`);
  // A root that does not exist here matches nothing that another glob could name.
  return root === null ? "/\0" : root === "/" ? "" : root;
}
