import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createFlagApprover } from "../cli/approvers.ts";
import { initProject } from "../cli/commands/init/init-project.ts";
import { type ComposedSession, openComposedSession } from "../cli/compose.ts";
import { buildStandalone, readScriptEngine } from "../sandbox/mod.ts";
import { contextIn } from "../test/support/context.ts";
import { inFolder } from "./support/in-folder.ts";
import { interleave, median, type Row } from "./support/row.ts";

const SOURCE = "function run({text}) { return { words: (text.match(/\\S+/g) ?? []).length }; }";
const WARM = 12;
const COLD = 3;
const CALLS = 100;

/** From the source of a tool to its first result, beside making a component of the same source in one go. */
export async function measure(): Promise<readonly Row[]> {
  return inFolder(async (folder) => {
    const [project, home] = [join(folder, "project"), join(folder, "home")];
    mkdirSync(project);
    await initProject(contextIn(project, home), "default");
    const composed = await openComposedSession(contextIn(project, home), {
      front: "call",
      approver: createFlagApprover(),
      mode: "ask",
      project: "required",
      generated: true,
      emit: () => undefined,
    });
    // The first one installs the engine and starts its worker.
    await generate(composed, "first-tool");
    let made = 0;
    const warm = await interleave(
      WARM,
      () => timed(() => generate(composed, `tool-${++made}`)),
      () => timed(() => buildStandalone(SOURCE, { imports: [], tmp: folder })),
    );
    const calls: number[] = [];
    for (let i = 0; i < CALLS; i++) calls.push(await timed(() => call(composed, "first-tool")));
    await composed.close();
    const cold: number[] = [];
    for (let i = 0; i < COLD; i++) cold.push(await inNewProcess([project, home, `cold-${i}`]));
    const peer = { name: "componentize-qjs", value: median(warm.peer) };
    const engine = (await readScriptEngine()).length / 1024 / 1024;
    return [
      row("generate_tool, source to first result, warm", median(warm.ours), { unit: "ms", limit: 150, peer }),
      row("generate_tool, source to first result, cold", median(cold), { unit: "ms", limit: 1000, peer }),
      row("a registered tool, warm call, p50", median(calls), { unit: "ms", limit: 5, peer: null }),
      row("script engine", engine, { unit: "MB", limit: 1.5, peer: null }),
    ];
  });
}

function row(
  name: string,
  ours: number,
  goal: { readonly unit: string; readonly limit: number; readonly peer: Row["peer"] },
): Row {
  const { unit, limit, peer } = goal;
  return { name, ours, unit, peer, goal: `<= ${limit} ${unit}`, reached: ours <= limit };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function generate(composed: ComposedSession, name: string): Promise<void> {
  const { result } = await composed.session.call(
    "generate_tool",
    {
      name,
      description: "Counts words in a text.",
      language: "javascript",
      source: SOURCE,
      input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
      examples: [{ input: { text: "one two" }, output: { words: 2 } }],
    },
    new AbortController().signal,
  );
  if (!result.ok) throw new Error(JSON.stringify(result));
  await call(composed, name);
}

async function call({ session }: ComposedSession, name: string): Promise<void> {
  const { result } = await session.call(name, { text: "one two three" }, new AbortController().signal);
  if (result.output !== '{"words":3}') throw new Error(JSON.stringify(result));
}

async function inNewProcess(args: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL("peers/generate-once.ts", import.meta.url));
  const flags = "Deno" in globalThis ? ["run", "-A"] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, ...args]);
  return Number(stdout);
}
