import process from "node:process";
import { createFlagApprover } from "../../cli/approvers.ts";
import { openComposedSession } from "../../cli/compose.ts";
import { contextIn } from "../../test/support/context.ts";

// A process of its own that makes one tool and calls it; prints the milliseconds from the source to the first result.
// Nothing is warm: the engine comes from the store, its worker is started.
const [project = "", home = "", name = ""] = process.argv.slice(2);
const composed = await openComposedSession(contextIn(project, home), {
  front: "call",
  approver: createFlagApprover(),
  mode: "ask",
  project: "required",
  generated: true,
  emit: () => undefined,
});
const { signal } = new AbortController();
const start = performance.now();
const made = await composed.session.call("generate_tool", definition(name), signal);
const ran = await composed.session.call(name, { text: "one two three" }, signal);
const ms = performance.now() - start;
await composed.close();
if (!made.result.ok || ran.result.output !== '{"words":3}') throw new Error(JSON.stringify([made.result, ran.result]));
process.stdout.write(String(ms));

/** A tool as a model would write it. */
function definition(called: string): unknown {
  return {
    name: called,
    description: "Counts words in a text.",
    language: "javascript",
    source: "function run({text}) { return { words: (text.match(/\\S+/g) ?? []).length }; }",
    input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    examples: [{ input: { text: "one two" }, output: { words: 2 } }],
  };
}
