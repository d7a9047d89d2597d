const FORM = /^([1-9]\d{0,5})(s|m|h|d)$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** One day in milliseconds. */
export const DAY_MS: number = UNIT_MS.d;

/**
 * Reads a duration such as `90s`, `5m`, `12h` or `30d`.
 *
 * @param text A whole number and a unit.
 * @returns Milliseconds, or `null` for anything else.
 */
export function parseDuration(text: string): number | null {
  const [, count, unit] = FORM.exec(text) ?? [];
  if (count === undefined || (unit !== "s" && unit !== "m" && unit !== "h" && unit !== "d")) return null;
  return Number(count) * UNIT_MS[unit];
}
