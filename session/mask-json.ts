import type { Redactor } from "../core/mod.ts";

/** The deepest JSON that is taken as arguments; no tool has more than a few levels. */
export const MAX_JSON_DEPTH = 64;

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

/**
 * Rewrites every string of a JSON value, keys included.
 *
 * @param value A JSON value.
 * @param rewrite Gives the new text of a string.
 * @returns A rewritten copy.
 */
export async function rewriteJson(value: unknown, rewrite: (text: string) => Promise<string>): Promise<unknown> {
  if (typeof value === "string") return await rewrite(value);
  if (Array.isArray(value)) return await Promise.all(value.map((item: unknown) => rewriteJson(item, rewrite)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]: [string, unknown]) =>
    [await rewrite(key), await rewriteJson(item, rewrite)] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Lists every string of a JSON value, keys included.
 *
 * @param value A JSON value.
 * @returns The strings, in order.
 */
export function stringsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => stringsOf(item));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => [key, ...stringsOf(item)]);
}

/**
 * Tells whether a JSON value is nested deeper than any tool needs.
 *
 * Threat: a megabyte of brackets, which overflows the stack of whatever walks it.
 *
 * @param value A JSON value.
 * @returns `true` above {@link MAX_JSON_DEPTH} levels.
 */
export function isTooDeep(value: unknown): boolean {
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (typeof item.value !== "object" || item.value === null) continue;
    if (item.depth === MAX_JSON_DEPTH) return true;
    for (const inner of Object.values(item.value)) stack.push({ value: inner, depth: item.depth + 1 });
  }
  return false;
}
