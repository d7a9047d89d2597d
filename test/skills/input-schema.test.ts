import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compileInputSchema, parseInputSchema } from "../../skills/input-schema.ts";

function problem(schema: Readonly<Record<string, unknown>>, value: unknown): string | null {
  return compileInputSchema({ type: "object", properties: { x: schema } }).check({ x: value });
}

describe("compileInputSchema()", () => {
  test.for(
    [
      [{ type: "string" }, "a", null],
      [{ type: "string" }, 1, '"x" is a number, not a string'],
      [{ type: "string", maxLength: 2 }, "ab", null],
      [{ type: "string", maxLength: 2 }, "\u{1f600}\u{1f600}", null],
      [{ type: "string", maxLength: 2 }, "abc", '"x" is longer than 2 characters'],
      [{ type: "integer" }, 1, null],
      [{ type: "integer" }, 1.5, '"x" is a number, not an integer'],
      [{ type: "number", minimum: 0, maximum: 1 }, 0.5, null],
      [{ type: "number", minimum: 0 }, -1, '"x" is less than 0'],
      [{ type: "number", maximum: 1 }, 2, '"x" is more than 1'],
      [{ type: "boolean" }, true, null],
      [{ type: "null" }, null, null],
      [{ type: ["string", "null"] }, null, null],
      [{ type: ["string", "null"] }, 1, '"x" is a number, not a string or null'],
      [{ enum: ["a", 1, null] }, "a", null],
      [{ enum: ["a", 1, null] }, "b", '"x" is none of the values allowed'],
      [{ type: "array", items: { type: "string" }, maxItems: 2 }, ["a", "b"], null],
      [{ type: "array", maxItems: 1 }, ["a", "b"], '"x" has more than 1 entries'],
      [{ type: "array", items: { type: "string" } }, ["a", 1], '"x.1" is a number, not a string'],
      [{ type: "object", properties: { y: { type: "string" } }, required: ["y"] }, {}, '"x.y" is missing'],
      [{ type: "object", additionalProperties: false }, { y: 1 }, '"x.y" is unknown'],
      [{ type: "object", additionalProperties: { type: "integer" } }, { y: "1" }, '"x.y" is a string, not an integer'],
      [{}, { any: ["thing"] }, null],
      [{ type: "number" }, Number.NaN, '"x" is no JSON value, not a number'],
      [{ type: "object" }, [], '"x" is an array, not an object'],
    ] as const,
  )("%j on %j says %j", ([schema, value, expected]) => expect(problem(schema, value)).toBe(expected));

  test.for([
    [null],
    ["object"],
    [[]],
    [{}],
    [{ type: "string" }],
    [{ type: ["object", "null"] }],
    [{ type: "object", pattern: "x" }],
    [{ type: "object", $ref: "#" }],
    [{ type: "object", description: "x" }],
    [{ type: "object", properties: [] }],
    [{ type: "object", properties: { x: true } }],
    [{ type: "object", properties: { x: { type: "text" } } }],
    [{ type: "object", properties: { x: { type: [] } } }],
    [{ type: "object", properties: { x: { type: ["string", "string"] } } }],
    [{ type: "object", properties: { x: { enum: [] } } }],
    [{ type: "object", properties: { x: { enum: [{}] } } }],
    [{ type: "object", properties: { x: { minimum: "0" } } }],
    [{ type: "object", properties: { x: { maxLength: -1 } } }],
    [{ type: "object", properties: { x: { maxItems: 1.5 } } }],
    [{ type: "object", required: "x" }],
    [{ type: "object", required: ["x", "x"] }],
    [{ type: "object", required: [1] }],
    [{ type: "object", items: [] }],
  ])("refuses %j", ([schema]) => {
    expect(() => compileInputSchema(schema)).toThrow(expect.objectContaining({ code: "TOOL_SCHEMA" }));
  });

  it("treats names of object members as names", () => {
    const schema = compileInputSchema(
      JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"required":["toString"],"additionalProperties":false}',
      ),
    );
    expect(schema.check({})).toBe('"toString" is missing');
    expect(schema.check(JSON.parse('{"toString":"a"}'))).toBe('"toString" is unknown');
    expect(compileInputSchema({ type: "object", required: ["toString"] }).check({})).toBe('"toString" is missing');
    const typed = compileInputSchema(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'));
    expect(typed.check(JSON.parse('{"__proto__":1}'))).toBe('"__proto__" is a number, not a string');
    expect(typed.check({})).toBeNull();
  });

  it("never shows the value", () => {
    const schema = compileInputSchema({ type: "object", properties: { token: { type: "integer" } } });
    expect(schema.check({ token: "fake-secret-value" })).not.toContain("fake-secret");
  });

  it("is bounded in depth and size", () => {
    let deep: unknown = { type: "string" };
    for (let i = 0; i < 5_000; i++) deep = { type: "object", additionalProperties: deep };
    expect(() => compileInputSchema(deep)).toThrow(expect.objectContaining({ code: "TOOL_SCHEMA" }));
    const wide = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`p${i}`, {}]));
    expect(() => compileInputSchema({ type: "object", properties: wide })).toThrow(/more than 500 parts/);
    expect(() => parseInputSchema(new Uint8Array(40_000))).toThrow(/more than 32768 bytes/);
    expect(() => parseInputSchema(new TextEncoder().encode("{"))).toThrow(/not JSON/);
  });

  it("answers about any value, and takes back what JSON gives", () => {
    const schema = compileInputSchema({
      type: "object",
      properties: { a: { type: "array", items: { type: "string" } } },
    });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const said = schema.check(value);
        expect(said === null || said.length > 0).toBe(true);
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});
