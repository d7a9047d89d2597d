import type { ClassifyRule, PolicyRule } from "../document.ts";
import { MATCHER_NAMES, type Matchers, PATH_CAPABILITIES } from "../matchers.ts";

/** A rule and all that a decision depends on, as text. */
export interface KeyedRule {
  readonly rule: PolicyRule;
  /** What matters besides the rule: its layer, whether it grants, ceilings. */
  readonly frame: string;
  /** The rule without name, reason, place and examples, and its frame. */
  readonly key: string;
}

/**
 * Finds where two lists of rules can decide differently: only where a rule stands on one side alone. Of a rule that
 * both sides have by the same id, only the items that came or went.
 *
 * @param before Rules of the first side.
 * @param after Rules of the second one.
 * @returns Rules cut down to what changed, those of the second side first.
 */
export function changedRules(before: readonly KeyedRule[], after: readonly KeyedRule[]): readonly PolicyRule[] {
  const old = new Map(before.map((one) => [one.rule.id, one]));
  const now = new Map(after.map((one) => [one.rule.id, one]));
  const oldKeys = new Set(before.map(({ key }) => key));
  const nowKeys = new Set(after.map(({ key }) => key));
  return [
    ...after.filter(({ key }) => !oldKeys.has(key)).flatMap((one) => onlyNew(one, old.get(one.rule.id))),
    ...before.filter(({ key }) => !nowKeys.has(key)).flatMap((one) => onlyNew(one, now.get(one.rule.id))),
  ];
}

/** The part of a rule that its counterpart does not have; the rule itself when they differ in more than items. */
function onlyNew({ rule, frame }: KeyedRule, counterpart: KeyedRule | undefined): readonly PolicyRule[] {
  const other = counterpart?.rule;
  if (other === undefined || counterpart?.frame !== frame || !agreeBeside(rule, other)) return [rule];
  const differing = MATCHER_NAMES.filter((name) => !isSame(rule.match[name], other.match[name]));
  const [name] = differing;
  if (differing.length > 1) return [rule];
  const items = name === undefined ? [] : onlyNewItems(rule.match[name], other.match[name]);
  if (items === null) return [rule];
  const places = name === undefined || items.length === 0
    ? []
    : [{ ...rule, match: withItems(rule.match, name, items) }];
  if (isSame(rule.except, other.except)) return places;
  // Where both rules look alike, only what either of them excepts can matter.
  const excepts = [rule.except, other.except].flatMap((except) =>
    except === null ? [] : [{ ...rule, except: null, match: { ...rule.match, ...except } }]
  );
  return [...places, ...excepts];
}

function agreeBeside(a: PolicyRule, b: PolicyRule): boolean {
  return a.effect === b.effect && isSame(a.capabilities, b.capabilities) && isSame(a.approval, b.approval) &&
    isSame(a.redact, b.redact) && a.maxBytes === b.maxBytes;
}

/** Items of a list that another one lacks, or `null` when they are not two lists. */
function onlyNewItems(list: unknown, other: unknown): readonly unknown[] | null {
  if (!Array.isArray(list) || !Array.isArray(other)) return null;
  const known = new Set(other.map((item) => JSON.stringify(item)));
  return list.filter((item) => !known.has(JSON.stringify(item)));
}

function withItems(match: Matchers, name: keyof Matchers, items: readonly unknown[]): Matchers {
  return { ...match, [name]: items };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Finds entries of `classify` that stand on one side only, as rules about their places.
 *
 * @param before Entries of the first side.
 * @param after Entries of the second one.
 * @returns Rules that match what changed its classes.
 */
export function changedClasses(before: readonly ClassifyRule[], after: readonly ClassifyRule[]): readonly PolicyRule[] {
  const old = new Set(before.map(keyOfClasses));
  const now = new Set(after.map(keyOfClasses));
  const changed = [
    ...after.filter((entry) => !old.has(keyOfClasses(entry))),
    ...before.filter((entry) => !now.has(keyOfClasses(entry))),
  ];
  return changed.map(({ paths, hosts, at }): PolicyRule => ({
    id: "classify",
    effect: "deny",
    capabilities: paths.length > 0 ? PATH_CAPABILITIES : ["network_request"],
    reason: null,
    match: paths.length > 0 ? { paths } : { hosts },
    except: null,
    approval: null,
    redact: [],
    maxBytes: null,
    examples: { match: [], not_match: [] },
    at,
  }));
}

function keyOfClasses({ paths, hosts, as }: ClassifyRule): string {
  return JSON.stringify([paths, hosts, as]);
}
