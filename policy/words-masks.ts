import { type Classification, CLASSIFICATIONS, ISOLATION_TIERS, type IsolationTier } from "../core/mod.ts";

/** A set of classes or tiers as bits, in the order of the closed set. */
export type Mask = number;

/** Every class. */
export const ALL_CLASSES: Mask = (1 << CLASSIFICATIONS.length) - 1;
/** Every tier. */
export const ALL_TIERS: Mask = (1 << ISOLATION_TIERS.length) - 1;
/** Bits of the two answers to "tainted?". */
export const UNTAINTED: Mask = 1;
/** See {@link UNTAINTED}. */
export const TAINTED: Mask = 2;

const CLASS_BITS: ReadonlyMap<unknown, Mask> = new Map(CLASSIFICATIONS.map((word, at) => [word, 1 << at]));
const TIER_BITS: ReadonlyMap<unknown, Mask> = new Map(ISOLATION_TIERS.map((word, at) => [word, 1 << at]));

/** The bit of a class; 0 for a word that is none. */
export function classBit(word: unknown): Mask {
  return CLASS_BITS.get(word) ?? 0;
}

/** The bit of a tier; 0 for a word that is none. */
export function tierBit(word: unknown): Mask {
  return TIER_BITS.get(word) ?? 0;
}

/** The bits of several classes. */
export function classMask(words: readonly Classification[]): Mask {
  return words.reduce((mask, word) => mask | classBit(word), 0);
}

/** The bits of several tiers. */
export function tierMask(words: readonly IsolationTier[]): Mask {
  return words.reduce((mask, word) => mask | tierBit(word), 0);
}

/** The classes of a mask, in the order of the closed set. */
export function classesOf(mask: Mask): readonly Classification[] {
  return CLASSIFICATIONS.filter((_, at) => (mask & (1 << at)) !== 0);
}
