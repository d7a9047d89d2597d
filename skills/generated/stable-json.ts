/**
 * Writes JSON with its keys in order, so that equal values have equal texts. Numbers stand as JavaScript writes them,
 * which is the form of RFC 8785; unlike the canonical JSON of digests, fractions may occur: examples have some.
 *
 * @param value A JSON value, decoded from JSON.
 * @returns Its one text.
 */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${stableJson(member)}`);
  return `{${members.join(",")}}`;
}

/** Tells whether two JSON values are the same, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  return stableJson(a) === stableJson(b);
}

/**
 * Tells whether a value is nested deeper than `levels`.
 *
 * @param value A JSON value.
 * @param levels How deep it may be.
 */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeper(member, levels - 1));
}
