import type { AtomicAction, Outcome } from "../../core/mod.ts";
import type { WasmValue } from "../../sandbox/mod.ts";
import { type GeneratedTools, SkillsError, type ToolVersion } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import { quietPreview } from "../tools/present.ts";
import type { ToolEntry } from "../tools/registry.ts";
import type { Plan, PlanContext, Prepared, Presented, Tool } from "../tools/tool.ts";
import { generatedGuest, generatedTitle } from "./generated-guest.ts";
import { isToolsFault, toolFault } from "./tool-fault.ts";
import { programSpec, toolProgram } from "./tool-program.ts";

/** What generated tools of a session are made with. */
export interface GeneratedRuns {
  readonly registry: GeneratedTools;
  /** Records that a tool was switched off, and tells the person. */
  switchedOff(version: ToolVersion, text: string): void;
}

/**
 * Makes the tool that a registered version becomes. Before each run every byte of the active version is checked anew; the
 * buffers that were checked are the ones that run.
 *
 * @param runs The registry, and what hears of failures.
 * @param offered The version as it is offered: the model sees its description and schema.
 * @returns The entry for the registry of the session.
 */
export function generatedTool(runs: GeneratedRuns, offered: ToolVersion): ToolEntry {
  const { name } = offered.entry;
  const tool: Tool = {
    name,
    description: describe(offered),
    trust: "tool",
    readOnly: false,
    inputSchema: offered.input.schema,
    plan: (args, context) => planRun(runs, runs.registry.load(name), { args, context }),
  };
  return { name, trust: "tool", readOnly: false, load: () => Promise.resolve(tool) };
}

/** Makes the entry of a tool by its name alone: what is wrong with it is said when it is called. */
export function generatedToolByName(runs: GeneratedRuns, name: string): ToolEntry {
  return {
    name,
    trust: "tool",
    readOnly: false,
    load: () => generatedTool(runs, runs.registry.load(name)).load(),
  };
}

// Written by a model and approved by a person: as trusted as what the model had read.
// Threat: a page that was read wrote the words that stand where every later session expects ours.
function describe({ entry, description, actor }: ToolVersion): string {
  const title = generatedTitle(actor);
  return entry.tainted
    ? `Runs the generated tool ${title}. Untrusted text was read before it was described, so its description is left out.`
    : `${description} (generated tool ${title})`;
}

interface Run {
  readonly args: unknown;
  readonly context: PlanContext;
}

function planRun(runs: GeneratedRuns, version: ToolVersion, run: Run): Plan {
  const { name } = version.entry;
  const misfit = version.input.check(run.args);
  if (misfit !== null) {
    throw new SessionError("ARGS_INVALID", `Cannot call "${name}" with this input: ${misfit}`, {
      hint: `agentzero tool show ${name}`,
    });
  }
  // What was checked for the plan is what the first preparation runs; after a question everything is checked anew.
  let fresh: ToolVersion | null = version;
  return {
    title: `Run tool ${generatedTitle(version.actor)}`,
    tier: "wasm-sandbox",
    actions: runActions(version, run.context),
    handles: [],
    prepare() {
      const checked = fresh ?? reloaded(runs, version);
      fresh = null;
      return prepareRun(runs, checked, run);
    },
  };
}

function runActions({ actor, entry }: ToolVersion, { provenance }: PlanContext): readonly AtomicAction[] {
  const tainted = provenance.tainted([entry.name]);
  const base = { classes: ["internal"], tier: "wasm-sandbox", tainted, skill: actor } as const;
  const target = { kind: "package", id: actor.id, version: actor.version, digest: actor.digest } as const;
  return [
    { ...base, capability: "package_execution", target },
    { ...base, capability: "runtime_launch", target: { kind: "skill", name: "wasm-sandbox" } },
  ];
}

// Threat: another version became active while this one was asked about.
function reloaded(runs: GeneratedRuns, decided: ToolVersion): ToolVersion {
  const { name } = decided.entry;
  const version = runs.registry.load(name);
  if (version.actor.digest === decided.actor.digest) return version;
  throw new SkillsError("CONTENT_CHANGED", `Cannot run tool "${name}": another version became active meanwhile`, {
    hint: "call it again",
  });
}

async function prepareRun(runs: GeneratedRuns, version: ToolVersion, { args, context }: Run): Promise<Prepared> {
  const { name, language, permissions, engine } = version.entry;
  const program = await toolProgram({ language, source: version.source, permissions, component: engine });
  const input = JSON.stringify(args) ?? "null";
  const seed = context.call ?? `${name} ${input}`;
  return {
    effect: {
      backend: "wasm",
      spec: programSpec(program, { input, permissions, seed, ceilings: context.limits.wasm }),
      guest: generatedGuest(version.actor),
      component: () => program.bytes(),
      present: (value) => presentRun(version, value),
      ended: (outcome) => noteRun(runs, version, outcome),
    },
    preview: quietPreview(`run ${generatedTitle(version.actor)} with ${input.slice(0, 4_000)}`),
    before: null,
    after: version.actor.digest,
  };
}

/** Three failures in a row switch a tool off; what it says itself, and what is not its fault, are none. */
function noteRun(runs: GeneratedRuns, version: ToolVersion, outcome: Outcome<WasmValue>): void {
  if (!outcome.ok && !isToolsFault(outcome.code)) return;
  if (!runs.registry.note(version, !outcome.ok)) return;
  const { name } = version.entry;
  runs.switchedOff(
    version,
    `tool "${name}" failed three times in a row and was switched off; agentzero tool rollback ${name}`,
  );
}

function presentRun(version: ToolVersion, value: WasmValue): Presented {
  const base = { truncated: false, sources: [generatedTitle(version.actor)], classes: [] } as const;
  const error = toolFault(version.entry.name, value);
  return error === null ? { ...base, output: value.output, error } : { ...base, output: null, error };
}
