import type { Redactor } from "../core/mod.ts";

/**
 * Masks every string of a JSON value, keys included, before it is shown or stored.
 *
 * @param redactor Knows every secret value.
 * @param value A JSON value.
 * @returns A copy without secret values.
 * @throws {CoreError} `REDACTION_FAILED`.
 */
export function maskJson(redactor: Redactor, value: unknown): unknown {
  if (typeof value === "string") return redactor.mask(value).text;
  if (Array.isArray(value)) return value.map((item: unknown) => maskJson(redactor, item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map((
        [key, item]: [string, unknown],
      ) => [redactor.mask(key).text, maskJson(redactor, item)]),
    );
  }
  return value;
}
