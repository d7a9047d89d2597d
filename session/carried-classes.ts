import type { Classification } from "../core/mod.ts";

// What any project and any conversation is anyway says nothing about where its text may go.
const ORDINARY: ReadonlySet<Classification> = new Set(["public", "internal", "private"]);

/**
 * Names the classes that data takes along into a file: those of its place, and the grave ones of what may have been
 * copied into it.
 *
 * Threat: a file that a rule calls secret is copied to a place without rules, and is private from then on.
 *
 * @param place Classes of the place.
 * @param seen Classes of everything that could be copied.
 * @returns Every class to decide.
 */
export function carriedClasses(
  place: readonly Classification[],
  seen: Iterable<Classification>,
): readonly Classification[] {
  const classes = new Set(place);
  for (const name of seen) if (!ORDINARY.has(name)) classes.add(name);
  return [...classes];
}
