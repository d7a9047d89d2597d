import {
  type Capability,
  type Classification,
  CLASSIFICATIONS,
  type Decision,
  ISOLATION_TIERS,
  type IsolationTier,
} from "../../core/mod.ts";
import { cidrContains, parseCidr } from "../actions/addresses.ts";
import { MATCHER_FITS, MATCHER_NAMES, type Matchers, type SkillMatcher, type WordPattern } from "../matchers.ts";
import type { PolicyRule } from "../document.ts";
import type { GlobKind, Globs } from "./globs.ts";

/** Matchers and the effect they are read with: a deny counts doubt as a match, an allow does not. */
export interface Side {
  readonly match: Matchers;
  readonly effect: Decision;
}

/** What the items of each text matcher are. */
const KINDS: { readonly [Name in keyof Matchers]?: GlobKind } = {
  paths: "path",
  cwd: "path",
  commands: "path",
  hosts: "host",
  secrets: "text",
  inject: "text",
  providers: "text",
  models: "text",
  imports: "text",
  packages: "text",
};

/**
 * Tells whether everything that one rule matches is matched by another one too. Sound, not complete: `true` is certain.
 *
 * @param outer The rule that may cover.
 * @param inner The rule that may be covered.
 * @param globs How globs are compared.
 * @returns `false` when in doubt.
 */
export function ruleCovers(outer: PolicyRule, inner: PolicyRule, globs: Globs): boolean {
  if (!inner.capabilities.every((one) => outer.capabilities.includes(one))) return false;
  return matchersCover(outer, inner, globs) &&
    (outer.except === null || areDisjoint(inner.match, outer.except, globs));
}

/**
 * Tells whether some matchers hold wherever others do.
 *
 * @param outer Matchers that may cover.
 * @param inner Matchers that may be covered.
 * @param globs How globs are compared.
 * @returns `false` when in doubt.
 */
export function matchersCover(outer: Side, inner: Side, globs: Globs): boolean {
  return MATCHER_NAMES.every((name) => matcherCovers(name, { outer, inner }, globs));
}

/**
 * Tells whether no action can satisfy two lists of matchers.
 *
 * @param a Matchers.
 * @param b Others.
 * @param globs How globs are compared.
 * @returns `false` when in doubt.
 */
export function areDisjoint(a: Matchers, b: Matchers, globs: Globs): boolean {
  return MATCHER_NAMES.some((name) => {
    const kind = KINDS[name];
    if (kind !== undefined) {
      const [first, second] = [textsOf(a, name), textsOf(b, name)];
      return first !== null && second !== null && globs.disjoint(kind, first, second);
    }
    switch (name) {
      case "ports":
        return setsPart(a.ports, b.ports);
      case "methods":
        return setsPart(a.methods, b.methods);
      case "classification":
        return setsPart(a.classification, b.classification);
      case "tier":
        return setsPart(a.tier, b.tier);
      case "remote":
        return a.remote !== undefined && b.remote !== undefined && a.remote !== b.remote;
      case "tainted":
        return taintOf(a).every((one) => !taintOf(b).includes(one));
      case "skill":
        return setsPart(a.skill?.trust, b.skill?.trust);
      default:
        return false;
    }
  });
}

/** Tells whether a matcher fits a capability at all. */
export function fitsCapability(name: keyof Matchers, capability: Capability): boolean {
  return MATCHER_FITS[name]?.includes(capability) !== false;
}

interface Pair {
  readonly outer: Side;
  readonly inner: Side;
}

function matcherCovers(name: keyof Matchers, { outer, inner }: Pair, globs: Globs): boolean {
  const kind = KINDS[name];
  if (kind !== undefined) {
    const wide = textsOf(outer.match, name);
    const narrow = textsOf(inner.match, name);
    return wide === null || (narrow !== null && globs.covers(kind, wide, narrow));
  }
  switch (name) {
    case "ports":
      return outer.match.ports === undefined || isWithin(inner.match.ports, outer.match.ports);
    case "methods":
      return outer.match.methods === undefined || isWithin(inner.match.methods, outer.match.methods);
    case "classification":
      return isWithin(classesOf(inner), classesOf(outer));
    case "tier":
      return isWithin(tiersOf(inner), tiersOf(outer));
    case "tainted":
      return isWithin(taintOf(inner.match), taintOf(outer.match));
    case "staged":
      return outer.match.staged === undefined || inner.match.staged === true;
    case "remote":
      return outer.match.remote === undefined || outer.match.remote === inner.match.remote;
    case "cidr":
      return cidrCovers(outer.match.cidr, inner.match.cidr);
    case "skill":
      return skillCovers(outer.match.skill, inner.match.skill, globs);
    case "argv":
      return argvCovers(outer, inner, globs);
    case "options":
      return optionsCover(outer, inner, globs);
    default:
      return false;
  }
}

function classesOf({ match, effect }: Side): readonly Classification[] {
  const words = match.classification ?? CLASSIFICATIONS;
  return effect === "deny" ? [...words, "unknown"] : words;
}

function tiersOf({ match }: Side): readonly IsolationTier[] {
  return match.tier ?? ISOLATION_TIERS;
}

function taintOf({ tainted }: Matchers): readonly string[] {
  return tainted === undefined || tainted === "any" ? ["true", "false"] : [tainted];
}

function cidrCovers(outer: readonly string[] | undefined, inner: readonly string[] | undefined): boolean {
  if (outer === undefined) return true;
  const wide = outer.flatMap((text) => parseCidr(text) ?? []);
  return inner !== undefined && inner.every((text) => {
    const block = parseCidr(text);
    return block !== null && wide.some((one) => one.bits <= block.bits && cidrContains(one, block.bytes));
  });
}

function skillCovers(outer: SkillMatcher | undefined, inner: SkillMatcher | undefined, globs: Globs): boolean {
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  return (["id", "publisher"] as const).every((name) => {
    const wide = outer[name];
    const narrow = inner[name];
    return wide === undefined || (narrow !== undefined && globs.covers("text", wide, narrow));
  }) && (outer.digest === undefined || isWithin(inner.digest, outer.digest)) &&
    (outer.trust === undefined || isWithin(inner.trust, outer.trust));
}

function argvCovers(outer: Side, inner: Side, globs: Globs): boolean {
  const wide = outer.match.argv;
  if (wide === undefined) return true;
  // Without `argv` a rule also matches what cannot be read word by word, which no `argv` does.
  return inner.match.argv?.every((narrow) => wide.some((one) => patternCovers(one, narrow, globs))) === true;
}

function patternCovers(outer: WordPattern, inner: WordPattern, globs: Globs): boolean {
  if (inner.words.length < outer.words.length) return false;
  if (!outer.rest && (inner.rest || inner.words.length > outer.words.length)) return false;
  return outer.words.every((choices, at) =>
    // A word that starts with a wildcard never matches an option: only the same word surely covers one that may be.
    (inner.words[at] ?? []).every((word) =>
      choices.includes(word) ||
      (globs.covers("text", choices, [word]) &&
        (!word.startsWith("-") || choices.every((choice) => !/^[*?]/.test(choice))))
    )
  );
}

/** A grant lists the options that it takes, a restriction those that it is about. */
function optionsCover(outer: Side, inner: Side, globs: Globs): boolean {
  const wide = outer.match.options;
  const narrow = inner.match.options;
  if (isGrant(outer.effect)) {
    if (outer.match.argv === undefined && wide === undefined) return true;
    if (!isGrant(inner.effect)) return false;
    return globs.covers("text", wide ?? [], narrow ?? []);
  }
  if (wide === undefined) return true;
  return !isGrant(inner.effect) && narrow !== undefined && globs.covers("text", wide, narrow);
}

function isGrant(effect: Decision): boolean {
  return effect === "allow" || effect === "allow_with_redaction";
}

function textsOf(match: Matchers, name: keyof Matchers): readonly string[] | null {
  const items: unknown = match[name];
  return Array.isArray(items) ? items.filter((item): item is string => typeof item === "string") : null;
}

function isWithin<Item>(inner: readonly Item[] | undefined, outer: readonly Item[]): boolean {
  return inner !== undefined && inner.every((item) => outer.includes(item));
}

function setsPart<Item>(a: readonly Item[] | undefined, b: readonly Item[] | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((item) => !b.includes(item));
}
