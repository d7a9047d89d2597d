import { loadSodium } from "../../../core/mod.ts";
import { activeContent, readActive } from "../../../skills/generated/active.ts";
import { entryContent, examplesJson, readEntry, type ToolEntryRecord } from "../../../skills/generated/entry.ts";
import { readDefinition } from "../../../skills/generated/read-definition.ts";
import { bytesOf, type FuzzTarget, refusal, violated } from "../target.ts";

const DEFINITION = {
  name: "word-count",
  description: "Counts words.",
  language: "javascript",
  source: "function run({ text }) { return text.split(' ').length; }",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  permissions: { "fs.read": "workspace:docs/**", net: "GET https://api.example.com:443/**" },
  examples: [{ input: { text: "a b" }, output: 2 }],
};

/** What a model hands over as a tool, and what lies on disk of one. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  return {
    samples: [DEFINITION, { ...DEFINITION, permissions: {}, language: "wat", source: "(module)" }].map((each) =>
      bytesOf(JSON.stringify(each))
    ),
    words:
      ("name description language source input_schema permissions examples input output error mocks call args result " +
        "fs.read fs.write net secret limits javascript wat workspace:** read __proto__").split(" "),
    check(input) {
      let value: unknown;
      try {
        value = JSON.parse(Buffer.from(input).toString("utf8"));
      } catch {
        return "no JSON";
      }
      const entry: ToolEntryRecord | null = readEntry(value);
      if (entry !== null && readEntry({ ...entryContent(entry) }) === null) {
        throw violated("an entry reads as it was written");
      }
      const active = readActive(value);
      if (active !== null && readActive(activeContent(active)) === null) throw violated("so does what is active");
      try {
        const { definition, perm, source } = readDefinition(value);
        const { inputSchema, examples, ...plain } = definition;
        const again = readDefinition({ ...plain, input_schema: inputSchema, examples: examplesJson(examples) });
        if (again.perm !== perm || again.source !== source) throw violated("a definition reads as it was written");
        return "ok";
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
