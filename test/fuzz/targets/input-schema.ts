import { parseInputSchema } from "../../../skills/input-schema.ts";
import { bytesOf, type FuzzTarget, refusal, violated } from "../target.ts";

const VALUES: readonly unknown[] = [
  null,
  1,
  "text",
  [],
  {},
  { text: "a", n: 3, list: [1, "b", null], deep: { deep: { deep: {} } } },
  { text: 1, extra: true, __proto__: { text: "b" } },
];

/** Input schemas of skills and generated tools. */
export function open(): FuzzTarget {
  return {
    samples: [
      { type: "object", properties: { text: { type: "string", maxLength: 9 } }, required: ["text"] },
      {
        type: "object",
        properties: {
          n: { type: ["integer", "null"], minimum: 0, maximum: 9 },
          list: { type: "array", items: { type: "string", enum: ["a", "b"] }, maxItems: 3 },
          deep: { type: "object", properties: { deep: { type: "object" } }, additionalProperties: true },
        },
        additionalProperties: false,
      },
    ].map((schema) => bytesOf(JSON.stringify(schema))),
    words: "type properties required items enum minimum maximum maxLength maxItems additionalProperties object string"
      .split(
        " ",
      ).concat("number integer boolean array null $ref pattern __proto__ constructor".split(" ")),
    check(input) {
      try {
        const schema = parseInputSchema(input);
        const again = parseInputSchema(bytesOf(JSON.stringify(schema.schema)));
        const said = VALUES.map((value) => schema.check(value));
        if (JSON.stringify(said) !== JSON.stringify(VALUES.map((value) => again.check(value)))) {
          throw violated("a schema judges as its own text does");
        }
        if (said[1] === null) throw violated("a number is no object");
        return `ok ${said.filter((answer) => answer === null).length}`;
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
