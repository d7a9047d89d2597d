import type { Classification } from "../core/mod.ts";

// From harmless to grave, for the one class that a record names; each class was decided by itself.
const GRAVITY: readonly Classification[] = [
  "public",
  "internal",
  "private",
  "unknown",
  "pii",
  "regulated",
  "credential",
  "secret",
];

/**
 * Names the gravest of several classes.
 *
 * @param classes Any classes; none counts as `unknown`.
 * @returns One class.
 */
export function gravest(classes: readonly Classification[]): Classification {
  let worst: Classification = classes[0] ?? "unknown";
  for (const name of classes) {
    if (GRAVITY.indexOf(name) > GRAVITY.indexOf(worst)) worst = name;
  }
  return worst;
}
