import { check, constantFrom, jsonValue, property } from "fast-check";
import { describe, expect, expectTypeOf, it, test } from "vitest";
import {
  anything,
  checked,
  flag,
  guarded,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Output,
  record,
  type Shape,
  string,
  union,
  withDefault,
} from "../../core/shape.ts";

const PERSON = object({
  name: string({ min: 1, max: 8, pattern: /^[a-z]+$/ }),
  age: optional(integer({ min: 0, max: 150 })),
  kind: oneOf("ada", "bob"),
  tags: withDefault(list(string(), { max: 2 }), []),
  note: nullable(string()),
  flags: optional(record(string({ pattern: /^[A-Z]$/ }), flag())),
});
const ADA = { name: "ada", kind: "ada", note: null };

describe("shapes", () => {
  it("give typed values, with defaults and without what was left out", () => {
    expect(PERSON.safeParse(ADA)).toEqual({ success: true, data: { ...ADA, tags: [] } });
    expect(Object.keys(PERSON.safeParse(ADA).data ?? {})).toEqual(["name", "kind", "tags", "note"]);
    const full = { ...ADA, age: 3, tags: ["a"], note: "x", flags: { A: true } };
    expect(PERSON.safeParse(full).data).toEqual(full);
    expectTypeOf<Output<typeof PERSON>>().toMatchTypeOf<{
      readonly name: string;
      readonly age?: number | undefined;
      readonly kind: "ada" | "bob";
      readonly tags: readonly string[];
      readonly note: string | null;
    }>();
  });

  test.for<readonly [string, unknown, string]>([
    ["a missing field", { kind: "ada", note: null }, "name: expected a string, saw nothing"],
    ["a foreign type", { ...ADA, name: 1 }, "name: expected a string, saw a value of type number"],
    ["an empty string", { ...ADA, name: "" }, "name: it is empty"],
    ["a long string", { ...ADA, name: "abcdefghi" }, "name: it is longer than 8 characters"],
    ["a pattern", { ...ADA, name: "Ada" }, "name: it does not match ^[a-z]+$"],
    ["a fraction", { ...ADA, age: 1.5 }, "age: expected an integer, saw a value of type number"],
    ["an unsafe integer", { ...ADA, age: 2 ** 53 }, "age: expected an integer, saw a value of type number"],
    ["too little", { ...ADA, age: -1 }, "age: it is less than 0"],
    ["too much", { ...ADA, age: 151 }, "age: it is more than 150"],
    ["null where a field may only be left out", { ...ADA, age: null }, "age: expected an integer, saw null"],
    ["a foreign word", { ...ADA, kind: "eve" }, 'kind: expected "ada" or "bob", saw a value of type string'],
    ["a long list", { ...ADA, tags: ["a", "b", "c"] }, "tags: it has more than 2 entries"],
    ["an entry of a list", { ...ADA, tags: ["a", 1] }, "tags.1: expected a string, saw a value of type number"],
    ["a name in a mapping", { ...ADA, flags: { a: true } }, "flags.a: it does not match ^[A-Z]$"],
    [
      "a value in a mapping",
      { ...ADA, flags: { A: 1 } },
      "flags.A: expected true or false, saw a value of type number",
    ],
    ["a list for a mapping", { ...ADA, flags: [] }, "flags: expected a mapping, saw a list"],
    ["a list for an object", [], ": expected an object, saw a list"],
  ])("refuse %s and say where", ([, value, message]) => {
    const decoded = PERSON.safeParse(value);
    const [issue] = decoded.success ? [] : decoded.error.issues;
    expect(`${issue?.path.join(".")}: ${issue?.message}`.replace(/^: : /, ": ")).toBe(message);
  });

  it("refuse keys they do not know, those of the prototype too", () => {
    for (const json of ['{"a":1}', '{"__proto__":{}}', '{"constructor":1}', '{"toString":1}']) {
      const decoded = object({}).safeParse(JSON.parse(json));
      expect(decoded.success).toBe(false);
      expect(decoded.success ? [] : decoded.error.issues.map(({ code }) => code)).toEqual(["unrecognized_keys"]);
    }
    // A field that only the prototype has is a missing one.
    expect(object({ toString: string() }).safeParse({}).success).toBe(false);
  });

  it("keep every key of a mapping as its own", () => {
    const decoded = record(string(), string()).safeParse(JSON.parse('{"__proto__":"x"}'));
    expect(Object.entries(decoded.data ?? {})).toEqual([["__proto__", "x"]]);
  });

  it("add a condition", () => {
    const even = checked(integer(), (value) => value % 2 === 0, "it is odd");
    expect(even.safeParse(2).data).toBe(2);
    expect(even.safeParse(3)).toMatchObject({ success: false, error: { issues: [{ message: "it is odd" }] } });
    expect(even.safeParse("2").success).toBe(false);
  });

  it("tell objects apart by a word", () => {
    type Item = { readonly kind: "a"; readonly n: number } | { readonly kind: "b" };
    const item = union<Item>("kind", {
      a: object({ kind: oneOf("a"), n: integer() }),
      b: object({ kind: oneOf("b") }),
    });
    expect(item.safeParse({ kind: "a", n: 1 }).data).toEqual({ kind: "a", n: 1 });
    expect(item.safeParse({ kind: "b" }).data).toEqual({ kind: "b" });
    for (const wrong of [{ kind: "b", n: 1 }, { kind: "c" }, { kind: "toString" }, {}, null, [], "a"]) {
      expect(item.safeParse(wrong).success).toBe(false);
    }
  });

  it("take what a guard takes, anything, and objects that may hold more", () => {
    const even = guarded((value): value is number => typeof value === "number" && value % 2 === 0, "an even number");
    const open = object({ even, rest: anything() }, { others: "dropped" });
    expect(open.safeParse({ even: 2, rest: [null], more: 1 })).toEqual({
      success: true,
      data: { even: 2, rest: [null] },
    });
    expect(open.safeParse({ even: 3, rest: 0 })).toMatchObject({
      error: { issues: [{ path: ["even"], message: "expected an even number, saw a value of type number" }] },
    });
  });

  it("describe themselves as JSON Schema", () => {
    expect(PERSON.schema).toEqual({
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 8, pattern: "^[a-z]+$" },
        age: { type: "integer", minimum: 0, maximum: 150 },
        kind: { type: "string", enum: ["ada", "bob"] },
        tags: { type: "array", items: { type: "string" }, maxItems: 2, default: [] },
        note: { anyOf: [{ type: "string" }, { type: "null" }] },
        flags: {
          type: "object",
          propertyNames: { type: "string", pattern: "^[A-Z]$" },
          additionalProperties: { type: "boolean" },
        },
      },
      required: ["name", "kind", "note"],
      additionalProperties: false,
    });
  });

  it("never throw, and give back what they accepted", () => {
    const shapes: readonly Shape<unknown>[] = [list(nullable(integer())), record(string(), flag()), string(), flag()];
    const accepted = property(constantFrom(...shapes), jsonValue(), (shape, value) => {
      const decoded = shape.safeParse(value);
      return !decoded.success || JSON.stringify(decoded.data) === JSON.stringify(value);
    });
    expect(check(accepted, { seed: 7, numRuns: 500 }).failed).toBe(false);
    const whole = property(jsonValue(), (value) => !PERSON.safeParse(value).success);
    expect(check(whole, { seed: 7, numRuns: 500 }).failed).toBe(false);
  });
});
