import type { GlobKind, Globs } from "./globs.ts";

/** Globs to be told apart. */
export interface SampleGlobs {
  readonly kind: GlobKind;
  /** Those that matter: texts are taken from inside them; `null` takes texts from anywhere. */
  readonly focus: readonly string[] | null;
  /** All that may decide otherwise about a text. */
  readonly list: readonly string[];
}

/** The most pairs of globs that are looked at. */
const MAX_PAIRS = 2_000;

/**
 * Picks texts so that globs can be told apart by them: for each glob of the focus one inside it, one in nothing else,
 * and one for each overlap and difference with another; without a focus also one outside all.
 *
 * @param wanted The globs.
 * @param globs How they are compared.
 * @returns Texts, without duplicates.
 */
export function sampleTexts({ kind, focus, list }: SampleGlobs, globs: Globs): readonly string[] {
  const others = [...new Set(list)];
  const found = new Set<string | null>();
  if (focus === null) found.add(outsideOf(kind, others, globs));
  let pairs = 0;
  for (const glob of new Set(focus ?? others)) {
    found.add(globs.sample(kind, [glob], []));
    found.add(
      globs.sample(kind, [glob], others.filter((other) => other !== glob && !globs.covers(kind, [other], [glob]))),
    );
    for (const other of others) {
      if (other === glob || ++pairs > MAX_PAIRS || globs.disjoint(kind, [glob], [other])) continue;
      found.add(globs.sample(kind, [glob, other], []));
      found.add(globs.sample(kind, [glob], [other]));
    }
  }
  return [...found].flatMap((text) => text === null ? [] : [text]);
}

function outsideOf(kind: GlobKind, list: readonly string[], globs: Globs): string | null {
  switch (kind) {
    case "path":
      return globs.sample("path", ["/**"], [...list, "/"]);
    case "host":
      return ["other.example", "other.invalid", "other.test"].find((host) =>
        globs.sample("host", [host], list) !== null
      ) ??
        null;
    case "text":
      return globs.sample("text", ["?*"], list);
    default:
      return kind satisfies never;
  }
}
