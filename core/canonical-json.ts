import { CoreError } from "./errors.ts";

/** A value that canonical JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/**
 * Writes a value as canonical JSON (RFC 8785, restricted to integers), so that equal values have equal bytes.
 * Object keys stand in UTF-16 order; absent (`undefined`) members are left out.
 *
 * @example
 * ```ts
 * canonicalJson({ b: 1, a: [true, null] }); // {"a":[true,null],"b":1}
 * ```
 * @param value A JSON value; numbers must be safe integers.
 * @returns The one text form.
 * @throws {CoreError} `JSON_INVALID` for a number that is not a safe integer, a lone surrogate, a cycle or a foreign object.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

const MAX_DEPTH = 64;

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw invalid("nested too deep");
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw invalid("a lone surrogate");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      // Fractions have more than one spelling in use; nothing we digest needs them.
      if (!Number.isSafeInteger(value)) throw invalid(`the number ${value}`);
      return Object.is(value, -0) ? "0" : String(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      throw invalid(`a ${typeof value}`);
  }
}

function writeArray(items: readonly unknown[], depth: number): string {
  return `[${items.map((item) => write(item, depth + 1)).join(",")}]`;
}

function writeObject(value: object, depth: number): string {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) {
    throw invalid("an object of a class");
  }
  const members: string[] = [];
  for (
    const [key, member] of Object.entries(value).toSorted((
      [a],
      [b],
    ) => (a < b ? -1 : a > b ? 1 : 0))
  ) {
    if (member === undefined) continue;
    members.push(`${write(key, depth)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}

function invalid(seen: string): CoreError {
  return new CoreError(
    "JSON_INVALID",
    `Cannot write canonical JSON: found ${seen}`,
  );
}
