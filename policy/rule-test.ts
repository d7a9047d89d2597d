import type { Facts } from "./facts.ts";
import type { Matchers } from "./matchers.ts";
import type { PathRoots } from "./path-syntax.ts";

/**
 * How a rule reads what is not certain, always to the side of the stricter answer. `grant` needs every doubtful fact
 * to fit; `deny` takes any; `except` wants certainty in all spellings; `ask` is a `grant` that need not list options,
 * since a person sees them; `tighten` is the second look of an ask: what it matches only so it restricts but does not
 * grant.
 */
export type MatchMode = "grant" | "ask" | "deny" | "except" | "tighten";

/** One matcher, compiled. */
export interface RuleTest {
  /** Which one. */
  readonly name: keyof Matchers;
  readonly holds: Holds;
}

/** How matchers are compiled. */
export interface TestOptions {
  /** How doubt is read. */
  readonly mode: MatchMode;
  /** What `${…}` stands for. */
  readonly roots: PathRoots;
}

/** Tells whether the matcher holds for an action. */
export type Holds = (facts: Facts) => boolean;
