import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../../core/mod.ts";
import { examplesJson, permissionStrings, readDefinition, sameJson, stableJson } from "../../../skills/mod.ts";
import { compileToolPermissions } from "../../../skills/generated/read-definition.ts";
import { generatedSkillText } from "../../../skills/generated/skill-text.ts";
import { readSkillMd } from "../../../skills/mod.ts";

beforeAll(async () => await loadSodium());

const GOOD = {
  name: "word-count",
  description: "Counts words in a text.",
  language: "javascript",
  source: "function run({text}) { return { words: (text.match(/\\S+/g) ?? []).length }; }",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  permissions: {},
  examples: [{ input: { text: "one two" }, output: { words: 2 } }, { input: { text: " " }, output: { words: 0 } }],
};

function refusal(over: Readonly<Record<string, unknown>>): string {
  try {
    readDefinition({ ...GOOD, ...over });
    return "taken";
  } catch (cause) {
    return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause);
  }
}

describe("readDefinition()", () => {
  it("takes the definition of the reference", () => {
    const { definition, perm } = readDefinition(GOOD);
    expect(definition.examples).toHaveLength(2);
    expect(perm).toMatch(/^b2:/);
    expect(readDefinition(JSON.parse(JSON.stringify(GOOD))).perm).toBe(perm);
  });
  it.for(
    [
      ["too short", "ab"],
      ["too long", "a".repeat(41)],
      ["upper case", "Word-Count"],
      ["an underscore", "word_count"],
      ["letters beyond ASCII", "wörter-zählen"],
      ["a look-alike", "wоrd-count"],
      ["a path", "../../x"],
      ["a built-in tool", "generate_tool"],
      ["another built-in tool", "read"],
      ["a built-in tool in another spelling", "generate-tool"],
      ["a built-in skill", "license-check"],
      ["a command", "policy"],
      ["a double dash", "word--count"],
      ["a number", 7],
      ["nothing", undefined],
      ["a prototype's name", "__proto__"],
    ] as const,
  )("refuses a name: %s", ([, name]) => expect(refusal({ name })).toBe("TOOL_NAME"));
  it("refuses the name of an installed skill", () => {
    expect(() => readDefinition(GOOD, (name) => name === "word-count" ? "the skill acme/word-count" : null)).toThrow(
      expect.objectContaining({ code: "TOOL_NAME", message: expect.stringContaining("acme/word-count") }),
    );
  });
  it.for(
    [
      ["no object", 5],
      ["an unknown key", { extra: 1 }],
      ["no source", { source: undefined }],
      ["an empty source", { source: "" }],
      ["a megabyte of source", { source: "/".repeat(1024 * 1024) }],
      ["a source of 64 KiB and a byte", { source: "x".repeat(65_537) }],
      ["a bidi control in the source", { source: 'function run() { return "\u202e"; }' }],
      ["an unknown language", { language: "python" }],
      ["a description of two lines", { description: "a\nb" }],
      ["a description of 501 characters", { description: "a".repeat(501) }],
      ["a blank description", { description: " " }],
      ["a description that hides text", { description: "ok\u{e0041}" }],
      ["a schema that is none", { input_schema: [] }],
      ["a schema of another type", { input_schema: { type: "string" } }],
      ["an unknown keyword", { input_schema: { type: "object", patternProperties: {} } }],
      ["permission to start programs", { permissions: { exec: "skill:a.sh" } }],
      ["an absolute path", { permissions: { "fs.read": "/etc/**" } }],
      ["a root that is none", { permissions: { "fs.read": "home:**" } }],
      ["a path out of the project", { permissions: { "fs.write": "workspace:../x" } }],
      ["any host", { permissions: { net: "GET https://*:443/" } }],
      ["an address", { permissions: { net: "GET https://10.0.0.1:443/" } }],
      ["a secret without a place to send it to", {
        permissions: { secret: "a/b -> https://x.example.com:443 bearer" },
      }],
      ["a limit over the ceiling", { permissions: { limits: "wall-ms=999999999" } }],
      ["permissions as a list", { permissions: { "fs.read": ["workspace:**"] } }],
      ["no example", { examples: [] }],
      ["nine examples", { examples: Array.from({ length: 9 }, () => GOOD.examples[0]) }],
      ["an example with both ends", { examples: [{ input: { text: "" }, output: 1, error: "x" }] }],
      ["an example with no end", { examples: [{ input: { text: "" } }] }],
      ["an example that is no input", { examples: [{ input: { text: 1 }, output: 1 }] }],
      ["examples nested without end", {
        examples: [{ input: { text: "", x: JSON.parse("[".repeat(80) + "]".repeat(80)) }, output: 1 }],
      }],
    ] as const,
  )(
    "refuses %s",
    ([, over]) => expect(typeof over === "number" ? codeOf(over) : refusal(over)).toMatch(/^TOOL_(SCHEMA|NAME)$/),
  );
  it("takes line ends of an editor for what they are", () => {
    expect(readDefinition({ ...GOOD, source: "function run() {\r\n return 1;\r\n}" }).definition.source).not.toContain(
      "\r",
    );
  });
});

function codeOf(value: unknown): string {
  try {
    readDefinition(value);
    return "taken";
  } catch (cause) {
    return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause);
  }
}

describe("permissionStrings()", () => {
  it("writes what compiles to the same permissions", () => {
    const strings = {
      "fs.read": "workspace:data/** scratch:** workspace:README.md",
      "fs.write": "workspace:out/*.txt",
      net: "POST,GET https://api.example.com:443/repos/** GET https://b.example.com:8443/",
      secret: "github/token -> https://api.example.com:443 header:x-key",
      limits: "wall-ms=5000 memory=1048576",
    };
    const compiled = compileToolPermissions(strings);
    expect(compileToolPermissions(permissionStrings(compiled))).toEqual(compiled);
    expect(permissionStrings(compileToolPermissions({}))).toEqual({});
  });
});

describe("generatedSkillText()", () => {
  it("writes a SKILL.md that the strict reader takes, whatever the texts are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
        fc.string({ unit: "binary" }),
        (said, key) => {
          const description = said;
          let definition;
          try {
            definition = readDefinition({
              ...GOOD,
              description,
              input_schema: { type: "object", properties: { [key.toWellFormed()]: { type: "string" } } },
              examples: [{ input: {}, output: 1 }],
            }).definition;
          } catch {
            return;
          }
          const md = readSkillMd(generatedSkillText(definition, 3), {
            profile: "secure",
            generated: true,
            folder: "word-count",
          });
          expect(md.description).toBe(description);
          expect(md.secure?.version).toBe("3.0.0");
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("stableJson()", () => {
  it("is one text a value, and JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = stableJson(value);
        expect(stableJson(JSON.parse(text))).toBe(text);
        expect(sameJson(JSON.parse(text), value)).toBe(true);
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(stableJson({ b: 0.5, a: [1e21, -0, null] })).toBe('{"a":[1e+21,0,null],"b":0.5}');
  });
  it("tells values apart that look alike", () => {
    expect(sameJson({ a: undefined }, {})).toBe(true);
    expect(sameJson([1, 2], { 0: 1, 1: 2 })).toBe(false);
    expect(sameJson("1", 1)).toBe(false);
  });
});

describe("examplesJson()", () => {
  it("gives examples back as they were written", () => {
    const examples = [
      { input: { text: "" }, output: null },
      { input: { text: "x" }, error: "no", mocks: [{ call: "http.fetch", args: [{ url: "https://a" }], result: {} }] },
    ];
    const { definition } = readDefinition({ ...GOOD, examples });
    expect(examplesJson(definition.examples)).toEqual(examples);
  });
});
