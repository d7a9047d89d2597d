import type { AtomicAction } from "../../core/mod.ts";
import {
  type CheckedDefinition,
  DEFINITION_SCHEMA,
  type PlannedVersion,
  readDefinition,
  type ToolOrigin,
  type ToolVersion,
} from "../../skills/mod.ts";
import { isUntrusted } from "../../core/mod.ts";
import type { Attempts } from "../generate/attempts.ts";
import { generatedTitle } from "../generate/generated-guest.ts";
import type { Maker } from "../generate/make-tool.ts";
import { toolChanges } from "../generate/tool-sheet.ts";
import type { ToolEntry } from "./registry.ts";
import type { Plan, PlanContext, Prepared, Tool } from "./tool.ts";

/** What `generate_tool` works with. */
export interface Generating {
  readonly maker: Maker;
  readonly attempts: Attempts;
  /** Says who holds a name besides: an installed skill; `null` for a free one. */
  readonly holder: (name: string) => string | null;
}

const DESCRIPTION = `Makes a new tool, or a better version of one you made, and registers it after its examples passed.
It runs in a WASM sandbox: JavaScript (a synchronous \`function run(input)\` that returns a JSON value) or WAT.
\`host\` has what permissions grant: host.filesystem.readFile(path) gives a Uint8Array (new TextDecoder().decode(bytes)),
writeFile listDir fileExists appendFile createDir; host.http.fetch({method,url,headers,body,secret}); console.log.
There is no fetch, require, timer, eval or import. permissions: {"fs.read":"workspace:data/**","fs.write":"workspace:out/**",
"net":"GET https://host.example:443/path/**","secret":"name/handle -> https://host.example:443 bearer"}; ask only for
what it needs. input_schema: JSON Schema of type object. examples: 1-8 of {input, output} or {input, error}; network and
secrets come from mocks: [{call:"http.fetch", args:[{url}], result:{status, body}}]. The tool can be called in your next reply.`;

/**
 * Makes the tool that makes tools.
 *
 * @param generating Registry, gate and counters of the session.
 * @returns The entry for the registry.
 */
export function generateTool(generating: Generating): ToolEntry {
  const tool: Tool = {
    name: "generate_tool",
    description: DESCRIPTION,
    trust: "core",
    readOnly: false,
    inputSchema: DEFINITION_SCHEMA,
    plan: (args, context) => planGeneration(generating, args, context),
  };
  return { name: "generate_tool", trust: "core", readOnly: false, load: () => Promise.resolve(tool) };
}

function planGeneration(generating: Generating, args: unknown, context: PlanContext): Plan {
  const call = context.call ?? "";
  generating.attempts.begin(nameIn(args), call);
  const checked = readDefinition(args, (name) => generating.holder(name));
  const plan = generating.maker.plan(checked);
  return {
    title: `Register tool ${generatedTitle(plan.actor)}`,
    tier: "wasm-sandbox",
    actions: [installAction(checked, plan, context)],
    handles: [],
    prepare: () => Promise.resolve(prepareGeneration(generating, { checked, plan, context })),
  };
}

function nameIn(args: unknown): string {
  return typeof args === "object" && args !== null && "name" in args && typeof args.name === "string"
    ? args.name.slice(0, 128)
    : "";
}

function installAction(checked: CheckedDefinition, { actor }: PlannedVersion, context: PlanContext): AtomicAction {
  return {
    capability: "package_install",
    target: { kind: "package", id: actor.id, version: actor.version, digest: actor.digest },
    classes: ["internal"],
    tier: "wasm-sandbox",
    tainted: context.provenance.tainted([checked.definition.source]),
    skill: actor,
  };
}

interface Generation {
  readonly checked: CheckedDefinition;
  readonly plan: PlannedVersion;
  readonly context: PlanContext;
}

function prepareGeneration(generating: Generating, { checked, plan, context }: Generation): Prepared {
  const { definition, compiled, perm } = checked;
  const readBefore = untrustedSources(context);
  const changes = toolChanges({ definition, compiled, plan, readBefore });
  return {
    effect: {
      backend: "routine",
      tier: "wasm-sandbox",
      spec: {
        op: "generate-tool",
        actor: plan.actor.digest,
        // Fractions have no place in what is digested: the text of the definition has.
        definition: JSON.stringify(definition),
        perm,
        base: plan.base,
        n: plan.n,
      },
      guest: null,
      async run(io) {
        const origin = { call: context.call ?? "", tainted: isTainted(context), readBefore };
        const made = await generating.maker.make({ checked, plan, origin, provenance: context.provenance, io });
        if ("code" in made) return { output: null, error: made, sources: [], classes: [], truncated: false };
        generating.attempts.succeeded(definition.name, context.call ?? "");
        return { output: registered(made, checked), error: null, sources: [], classes: [], truncated: false };
      },
      // Words of the tool stand in a failure; a success is told in ours.
      present: (value) => value.error === null ? value : { ...value, trust: "guest" },
    },
    preview: { kind: "changes", summary: `${generatedTitle(plan.actor)}: what it is, and its source`, changes },
    before: plan.base,
    after: plan.actor.digest,
  };
}

function isTainted({ provenance }: PlanContext): boolean {
  return isUntrusted(provenance.label);
}

function untrustedSources({ provenance }: PlanContext): ToolOrigin["readBefore"] {
  return isUntrusted(provenance.label) ? provenance.label.sources : [];
}

function registered({ entry, actor }: ToolVersion, { definition }: CheckedDefinition): string {
  const { examples } = definition;
  const passed = examples.length === 1 ? "1 example passed" : `${examples.length} examples passed`;
  return `Registered ${generatedTitle(actor)}: ${passed}. "${entry.name}" can be called from the next reply on.`;
}
