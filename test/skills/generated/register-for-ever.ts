import { randomBytes } from "node:crypto";
import process from "node:process";
import { b2, openKeys } from "../../../core/mod.ts";
import { openGenerated, readDefinition } from "../../../skills/mod.ts";

// Registers version after version until it is killed.
const [home = "", project = ""] = process.argv.slice(2);
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const clock = { now: () => Date.now(), mono: () => performance.now() };
const tools = openGenerated({ home, project, keys: await openKeys({ home, random }), clock, random });
const origin = {
  created: 1,
  session: "ses_x",
  call: "call_x",
  tainted: false,
  readBefore: [],
  approval: null,
} as const;
let n = tools.load("word-count").entry.n;
for (;;) {
  const checked = readDefinition({
    name: "word-count",
    description: `Version ${++n}.`,
    language: "javascript",
    source: "function run() { return 1; }",
    input_schema: { type: "object" },
    examples: [{ input: {}, output: 1 }],
  });
  const plan = tools.plan(checked);
  n = plan.n;
  tools.register(checked, { plan, engine: b2("engine"), origin });
}
