// The shapes of data that every start decodes: key files, arguments of tools. A schema library does the same with 95
// modules and 18 MB, a third of the time from spawn to the first result (docs/adr/0002-shapes.md).
import { below, type Decoded, fit, misfit, unlike } from "./decoded.ts";

export type { Decoded, Misfit } from "./decoded.ts";

/** JSON Schema 2020-12 of what a shape accepts. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Decides whether an unknown value has one form, and gives it typed. */
export interface Shape<T> {
  /** The same for models and other programs. */
  readonly schema: JsonSchema;
  /** The fields of an object; else empty. */
  readonly fields: readonly string[];
  /** What a field becomes that is left out: a value, or nothing at all; absent where it must be given. */
  readonly missing?: { readonly value: T } | "left out";
  /** Decodes a value; never throws. */
  safeParse(value: unknown): Decoded<T>;
}

/** A field that may be left out; the decoded object then lacks it too. */
export interface OptionalShape<T> extends Shape<T> {
  /** Nothing takes its place. */
  readonly missing: "left out";
}

/** What a shape gives. */
export type Output<S> = S extends Shape<infer T> ? T : never;

/** The fields of an object. */
export type Fields = Readonly<Record<string, Shape<unknown>>>;

/** The fields that may be left out. */
export type LeftOut<F extends Fields> = { [K in keyof F]: F[K] extends OptionalShape<unknown> ? K : never }[keyof F];

/** The typed object of {@link object}. */
export type ObjectOf<F extends Fields> =
  & { readonly [K in Exclude<keyof F, LeftOut<F>>]: Output<F[K]> }
  & { readonly [K in LeftOut<F>]?: Output<F[K]> | undefined };

/** Bounds, both included. */
export interface Bounds {
  /** At least. */
  readonly min?: number;
  /** At most. */
  readonly max?: number;
}

/** A string; bounds count UTF-16 units. */
export function string(rules: Bounds & { readonly pattern?: RegExp } = {}): Shape<string> {
  const { min = 0, max = Infinity, pattern } = rules;
  const schema = {
    type: "string",
    ...bounds(rules, "minLength", "maxLength"),
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  };
  return shapeOf(schema, (value) => {
    if (typeof value !== "string") return unlike("a string", value);
    if (value.length < min) return misfit(min === 1 ? "it is empty" : `it is shorter than ${min} characters`);
    if (value.length > max) return misfit(`it is longer than ${max} characters`);
    return pattern === undefined || pattern.test(value) ? fit(value) : misfit(`it does not match ${pattern.source}`);
  });
}

/** An integer that a double holds exactly. */
export function integer(rules: Bounds = {}): Shape<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = rules;
  return shapeOf({ type: "integer", ...bounds(rules, "minimum", "maximum") }, (value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return unlike("an integer", value);
    if (value < min) return misfit(`it is less than ${min}`);
    return value > max ? misfit(`it is more than ${max}`) : fit(value);
  });
}

/** `true` or `false`. */
export function flag(): Shape<boolean> {
  return shapeOf(
    { type: "boolean" },
    (value) => typeof value === "boolean" ? fit(value) : unlike("true or false", value),
  );
}

/** One word of a closed set. */
export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return shapeOf<T>({ type: "string", enum: words }, (value) => {
    const word = words.find((known) => known === value);
    return word === undefined ? unlike(words.map((known) => `"${known}"`).join(" or "), value) : fit(word);
  });
}

/** Whatever it is: a part that is decoded later, or only shown. */
export function anything(): Shape<unknown> {
  return shapeOf<unknown>({}, fit);
}

/** What a guard accepts; `wanted` names it for messages. */
export function guarded<T>(guard: (value: unknown) => value is T, wanted: string): Shape<T> {
  return shapeOf<T>({}, (value) => guard(value) ? fit(value) : unlike(wanted, value));
}

/** One of several objects, told apart by the word that stands under `key`. */
export function union<T>(key: string, variants: Readonly<Record<string, Shape<T>>>): Shape<T> {
  const schema = { anyOf: Object.values(variants).map((variant) => variant.schema) };
  return shapeOf<T>(schema, (value) => {
    const word = isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    const variant = typeof word === "string" && Object.hasOwn(variants, word) ? variants[word] : undefined;
    if (variant !== undefined) return variant.safeParse(value);
    return misfit(`expected "${key}" to be ${Object.keys(variants).join(" or ")}`);
  });
}

/** The same, or `null`. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const schema = { anyOf: [shape.schema, { type: "null" }] };
  return shapeOf<T | null>(schema, (value) => value === null ? fit(null) : shape.safeParse(value));
}

/** The same with one more condition; `otherwise` says what is wrong where it does not hold. */
export function checked<T>(shape: Shape<T>, holds: (value: T) => boolean, otherwise: string): Shape<T> {
  return {
    ...shape,
    safeParse(value): Decoded<T> {
      const decoded = shape.safeParse(value);
      return !decoded.success || holds(decoded.data) ? decoded : misfit(otherwise);
    },
  };
}

/** A field that may be left out. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shape, missing: "left out" };
}

/** A field that has this value where it is left out. */
export function withDefault<T>(shape: Shape<T>, value: T): Shape<T> {
  return { ...shape, schema: { ...shape.schema, default: value }, missing: { value } };
}

/** An array; bounds count entries. */
export function list<T>(item: Shape<T>, rules: Bounds = {}): Shape<readonly T[]> {
  const { min = 0, max = Infinity } = rules;
  const schema = { type: "array", items: item.schema, ...bounds(rules, "minItems", "maxItems") };
  return shapeOf<readonly T[]>(schema, (value) => {
    if (!Array.isArray(value)) return unlike("a list", value);
    if (value.length < min) return misfit(min === 1 ? "it is empty" : `it has fewer than ${min} entries`);
    if (value.length > max) return misfit(`it has more than ${max} entries`);
    const items: T[] = [];
    for (const [at, given] of value.entries()) {
      const decoded = item.safeParse(given);
      if (!decoded.success) return below(String(at), decoded);
      items.push(decoded.data);
    }
    return fit(items);
  });
}

/** A mapping from names of one shape to values of another. */
export function record<T>(name: Shape<string>, item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  const schema = { type: "object", propertyNames: name.schema, additionalProperties: item.schema };
  return shapeOf<Readonly<Record<string, T>>>(schema, (value) => {
    if (!isMapping(value)) return unlike("a mapping", value);
    const entries: (readonly [string, T])[] = [];
    for (const [key, given] of Object.entries(value)) {
      const named = name.safeParse(key);
      if (!named.success) return below(key, named);
      const decoded = item.safeParse(given);
      if (!decoded.success) return below(key, decoded);
      entries.push([key, decoded.data]);
    }
    return fit(Object.fromEntries(entries));
  });
}

/**
 * An object with these fields; any other key is refused, or with `others: "dropped"` left out.
 *
 * @example
 * ```ts
 * object({ path: string(), limit: optional(integer({ min: 1 })) }).safeParse({ path: "a" }).data; // { path: "a" }
 * ```
 * @param fields Names and shapes.
 * @param options What becomes of other keys.
 * @returns The shape.
 */
export function object<const F extends Fields>(
  fields: F,
  { others = "refused" }: { readonly others?: "refused" | "dropped" } = {},
): Shape<ObjectOf<F>> {
  const listed = Object.entries(fields);
  const there = listed.filter(([, { missing }]) => missing !== "left out").map(([name]) => name);
  const schema = {
    type: "object",
    properties: Object.fromEntries(listed.map(([name, field]) => [name, field.schema])),
    required: listed.filter(([, { missing }]) => missing === undefined).map(([name]) => name),
    additionalProperties: others === "dropped",
  };
  function decode(value: unknown): Decoded<ObjectOf<F>> {
    if (!isMapping(value)) return unlike("an object", value);
    const unknown = others === "dropped" ? [] : Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
    if (unknown.length > 0) return misfit("it has an unknown key", unknown);
    // Names are ours, never those of the value: none of them is `__proto__`.
    const whole: Record<string, unknown> = {};
    for (const [name, field] of listed) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined && field.missing !== undefined) {
        if (field.missing !== "left out") whole[name] = field.missing.value;
        continue;
      }
      const decoded = field.safeParse(given);
      if (!decoded.success) return below(name, decoded);
      whole[name] = decoded.data;
    }
    return isWhole<F>(whole, there) ? fit(whole) : misfit("it is incomplete");
  }
  return { ...shapeOf(schema, decode), fields: listed.map(([name]) => name) };
}

// Every field was decoded by its own shape just now: what is left to see is that each one is there.
function isWhole<F extends Fields>(whole: object, names: readonly string[]): whole is ObjectOf<F> {
  return names.every((name) => Object.hasOwn(whole, name));
}

function shapeOf<T>(schema: JsonSchema, safeParse: (value: unknown) => Decoded<T>): Shape<T> {
  return { schema, fields: [], safeParse };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bounds({ min, max }: Bounds, lower: string, upper: string): JsonSchema {
  return { ...(min === undefined ? {} : { [lower]: min }), ...(max === undefined ? {} : { [upper]: max }) };
}
