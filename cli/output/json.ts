import { sanitizeJson } from "../term/sanitize.ts";

/**
 * Writes a value as one line of JSON.
 *
 * @param value A JSON value.
 * @param terminal `true` when a person's terminal will show it: what a terminal would act on is escaped, which does not
 * change the value.
 * @returns One line that ends in a line feed.
 */
export function jsonLine(value: unknown, terminal: boolean): string {
  const text = JSON.stringify(value);
  return `${terminal ? sanitizeJson(text) : text}\n`;
}
