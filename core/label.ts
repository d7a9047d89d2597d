import { type Classification, CLASSIFICATIONS, TRUST_LABELS, type TrustLabel } from "./words.ts";

/** Where data came from and what it is. Joining labels is set union, so nothing is ever forgotten. */
export interface Label {
  /** Every origin that shaped the data, in the order of {@link TRUST_LABELS}. */
  readonly trust: readonly TrustLabel[];
  /** Every class the data may have, in the order of {@link CLASSIFICATIONS}. */
  readonly classes: readonly Classification[];
  /** Up to 32 names of origins, for people. */
  readonly sources: readonly string[];
}

/** The most sources a label names; `+more` stands for the rest. */
export const MAX_SOURCES = 32;

const TRUSTED: ReadonlySet<TrustLabel> = new Set(["user", "policy", "core"]);

/** What a person typed: trusted, private. */
export const USER_LABEL: Label = {
  trust: ["user"],
  classes: ["private"],
  sources: [],
};

/**
 * Makes a label with one origin.
 *
 * @param trust The origin.
 * @param classes Classes of the data; none means `private`.
 * @param source A name for people, e.g. a path; optional.
 * @returns The label.
 */
export function labelOf(
  trust: TrustLabel,
  classes: readonly Classification[] = [],
  source?: string,
): Label {
  return joinLabels([{
    trust: [trust],
    classes: classes.length > 0 ? classes : ["private"],
    sources: source ? [source] : [],
  }]);
}

/**
 * Joins labels by union.
 *
 * @param labels Any number of labels; none gives trusted, unclassified `core` text.
 * @returns A label that has every origin and every class of all of them.
 */
export function joinLabels(labels: readonly Label[]): Label {
  const trust = new Set<TrustLabel>();
  const classes = new Set<Classification>();
  const sources = new Set<string>();
  for (const label of labels) {
    for (const origin of label.trust) trust.add(origin);
    for (const name of label.classes) classes.add(name);
    for (const source of label.sources) sources.add(source);
  }
  if (trust.size === 0) trust.add("core");
  const named = [...sources];
  return {
    trust: TRUST_LABELS.filter((word) => trust.has(word)),
    classes: CLASSIFICATIONS.filter((word) => classes.has(word)),
    sources: named.length <= MAX_SOURCES ? named : [...named.slice(0, MAX_SOURCES - 1), "+more"],
  };
}

/**
 * Tells whether any origin of a label is untrusted.
 *
 * @param label A label.
 * @returns `true` unless every origin is `user`, `policy` or `core`.
 */
export function isUntrusted(label: Label): boolean {
  return label.trust.some((origin) => !TRUSTED.has(origin));
}
