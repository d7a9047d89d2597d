// Very many gated calls on one engine, with an eye on what stays behind: `npm run soak` makes 200,000, `AZ_SCALE=0.1
// npm run soak` a tenth. Sessions of 10,000 calls: reads, lists, searches, denials, writes, commands in the sandbox, and
// a tool in WebAssembly. Ends with 1 when memory grows, or processes, threads or descriptors are left.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFlagApprover } from "../../cli/approvers.ts";
import { initProject } from "../../cli/commands/init/init-project.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import { openComposedSession } from "../../cli/compose.ts";
import type { CommandContext } from "../../cli/context.ts";
import { sha256 } from "../../core/mod.ts";
import { trustPolicy } from "../../policy/mod.ts";
import { contextIn } from "../support/context.ts";
import { type Footprint, footprint, growth } from "./footprint.ts";

const CALLS = Math.ceil(200_000 * (Number(process.env["AZ_SCALE"] ?? "1") || 1));
const PER_SESSION = Math.min(10_000, Math.ceil(CALLS / 20));
// Nobody may be asked thousands of times: what the default policy asks about is allowed here.
const POLICY = `version: 2
rules:
  - { id: write, effect: allow, capability: file_write, paths: ["\${project}/src/**", "\${project}/out.txt"] }
  - { id: run, effect: allow, capability: shell_command, cwd: ["\${project}/**"], tainted: any }
  - { id: tool, effect: allow, capability: [package_install, skill_load, runtime_launch, package_execution, wasm_host_call],
      tier: [none, host-readonly, wasm-sandbox], tainted: any }
  - { id: secrets, effect: deny, capability: file_read, paths: ["**/.env"] }
  - { id: read, effect: allow, capability: file_read, paths: ["\${project}/**"] }
`;
/** Commands start bubblewrap, searches a thread of their own, writes wait for the disk: fewer of them. */
const EVERY = { shell: 1_000, search: 250, write: 50, tool: 25 };
// Flat, with room for what the runtime itself does: so much may the whole run add once it is warm. The script holds V8's
// young generation at one size; left alone it doubles twice in such a run and hides everything else.
const MAX_GROWTH = { heap: 10e6, resident: 30e6 };
const TOOL = {
  name: "count-words",
  description: "Counts words.",
  language: "javascript",
  source: "function run({ text }) { return text.split(' ').length; }",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  permissions: {},
  examples: [{ input: { text: "a b" }, output: 2 }],
};

const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-soak-")));
try {
  process.exitCode = await soak(folder) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function soak(base: string): Promise<boolean> {
  const project = join(base, "project");
  mkdirSync(join(project, "src"), { recursive: true });
  for (let at = 0; at < 20; at++) writeFileSync(join(project, "src", `f${at}.ts`), `export const n${at} = ${at};\n`);
  writeFileSync(join(project, "README.md"), "# Soak\n");
  const context = contextIn(project, join(base, "home"));
  await initProject(context, "default");
  await trustOwn(context, project);
  const marks: { calls: number; seen: Footprint }[] = [];
  const tally: Record<string, number> = {};
  const start = performance.now();
  for (let done = 0; done < CALLS; done += PER_SESSION) {
    const size = Math.min(PER_SESSION, CALLS - done);
    // oxlint-disable-next-line no-await-in-loop -- one session after the other
    await oneSession(context, size, tally);
    // oxlint-disable-next-line no-await-in-loop -- the footprint between sessions
    const seen = await footprint();
    marks.push({ calls: done + size, seen });
    const seconds = (performance.now() - start) / 1_000;
    process.stdout.write(
      `${done + size} calls, ${((done + size) / seconds).toFixed(0)} a second: ${
        (seen.rss / 1e6).toFixed(1)
      } MB resident, ` +
        `${(seen.heap / 1e6).toFixed(1)} MB heap, ${seen.descriptors} descriptors, ${seen.processes} processes, ` +
        `${seen.threads} threads\n`,
    );
  }
  process.stdout.write(`${JSON.stringify(tally)}\n`);
  return judge(marks);
}

async function trustOwn(context: CommandContext, project: string): Promise<void> {
  writeFileSync(join(project, ".agentzero", "policy.yml"), POLICY);
  const { home, keys } = await openInstallation(context);
  const { clock } = context.system;
  trustPolicy({ home, keys, clock }, { project, sha256: sha256(POLICY), config: null, agents: null });
}

async function oneSession(context: CommandContext, size: number, tally: Record<string, number>): Promise<void> {
  const composed = await openComposedSession(context, {
    front: "call",
    approver: createFlagApprover(),
    mode: "ask",
    project: "required",
    generated: true,
    emit: () => undefined,
  });
  const { signal } = new AbortController();
  async function call(tool: string, args: unknown): Promise<void> {
    const { result } = await composed.session.call(tool, args, signal);
    const outcome = `${tool} ${result.decision} ${result.error?.code ?? "ok"}`;
    tally[outcome] = (tally[outcome] ?? 0) + 1;
  }
  try {
    if (tally["generate_tool allow ok"] === undefined) await call("generate_tool", TOOL);
    for (let at = 0; at < size; at++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as a model calls
      await call(...nth(at));
    }
  } finally {
    await composed.close();
  }
}

function nth(at: number): [tool: string, args: unknown] {
  if (at % EVERY.shell === 7) return ["shell", { command: `echo ${at} > out.txt; ls src | head -3` }];
  if (at % EVERY.tool === 3) return [TOOL.name, { text: "one two three" }];
  if (at % EVERY.search === 9) return ["search", { pattern: `n${at % 20} =`, path: "src" }];
  if (at % EVERY.write === 1) return ["write", { path: `src/w${at % 7}.ts`, content: `export const w = ${at};\n` }];
  switch (at % 10) {
    case 0:
      return ["list", { path: "src" }];
    case 2:
      return ["read", { path: ".env" }];
    case 5:
      return ["read", { path: "src/missing.ts" }];
    default:
      return ["read", { path: `src/f${at % 20}.ts` }];
  }
}

/** The first quarter is warming up; what is left must lie on a flat line. */
function judge(marks: readonly { readonly calls: number; readonly seen: Footprint }[]): boolean {
  const settled = marks.slice(Math.ceil(marks.length / 4));
  const [first, last] = [settled[0]?.seen, settled.at(-1)?.seen];
  if (first === undefined || last === undefined) throw new Error("too few calls to judge");
  const span = (settled.at(-1)?.calls ?? 0) - (settled[0]?.calls ?? 0);
  const heap = growth(settled.map(({ calls, seen }) => [calls, seen.heap])) * span;
  const resident = growth(settled.map(({ calls, seen }) => [calls, seen.rss])) * span;
  const faults = [
    ...(heap > MAX_GROWTH.heap ? [`the heap grows by ${(heap / span).toFixed(0)} bytes a call`] : []),
    ...(resident > MAX_GROWTH.resident ? [`memory grows by ${(resident / span).toFixed(0)} bytes a call`] : []),
    // A sandbox that waits for the next command has pipes of its own.
    ...(last.descriptors > first.descriptors + 12
      ? [`${last.descriptors - first.descriptors} descriptors are left`]
      : []),
    ...(last.processes > 1 ? [`${last.processes} processes are left`] : []),
    ...(last.threads > first.threads ? [`${last.threads - first.threads} threads are left`] : []),
  ];
  process.stdout.write(
    `in ${span} calls the heap grew by ${(heap / 1e6).toFixed(1)} MB, resident memory by ${
      (resident / 1e6).toFixed(1)
    } MB\n`,
  );
  process.stdout.write(faults.length === 0 ? "nothing is left behind\n" : `${faults.join("\n")}\n`);
  return faults.length === 0;
}
