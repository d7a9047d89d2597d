import type { AtomicAction, TrustLabel } from "../../core/mod.ts";
import { routeTier } from "../../sandbox/mod.ts";
import type { GrantedSkill, SkillLibrary } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { Guest } from "../host-calls/guest.ts";
import type { ToolEntry } from "../tools/registry.ts";
import type { Plan, PlanContext, Prepared, Tool } from "../tools/tool.ts";
import { checkInput, inputSchemaOf } from "./skill-input.ts";
import { skillGuest, skillTitle } from "./skill-guest.ts";

/**
 * Makes the tool that a runnable skill becomes: called by its name, its input is what the skill takes.
 *
 * Before each run the skill is loaded anew, every check from the lock to the signature, and must be the one that was
 * offered.
 *
 * @param library Loads it.
 * @param offered The skill as it was when it was offered.
 * @returns The entry for the registry.
 * @throws {SessionError} `NOT_EXECUTABLE` for a skill that is only text, `TIER_UNAVAILABLE` where nothing runs it.
 */
export function skillTool(library: SkillLibrary, offered: GrantedSkill): ToolEntry {
  const route = routeOf(offered);
  const tool = toolOf(offered, route, () => loadSame(library, offered));
  return { name: offered.name, trust: tool.trust, readOnly: false, load: () => Promise.resolve(tool) };
}

type Runnable = "wasm-sandbox" | "host-supervised" | "host-readonly";

function routeOf(skill: GrantedSkill): Runnable {
  if (skill.runtime === "none") {
    throw new SessionError("NOT_EXECUTABLE", `Cannot run "${skill.name}": it is text for a model, nothing in it runs`, {
      hint: `agentzero chat, then: /skill ${skill.name}`,
    });
  }
  const route = routeTier(skill.runtime);
  if (route.ok) return route.tier;
  throw new SessionError(
    "TIER_UNAVAILABLE",
    `Cannot run "${skill.name}": ${route.reason.replace(/^Cannot [^:]*: /u, "")}`,
    {
      hint: route.hint,
    },
  );
}

function toolOf(offered: GrantedSkill, tier: Runnable, load: () => Promise<GrantedSkill>): Tool {
  const trust: TrustLabel = tier === "wasm-sandbox" ? "guest" : "tool";
  return {
    name: offered.name,
    // Threat: words of a stranger where a model expects ours. What the skill says of itself stands in its envelope.
    description: `Runs the skill "${offered.name}" (${
      skillTitle(offered)
    }). Its text, from use_skill, says what it takes.`,
    trust,
    readOnly: false,
    inputSchema: inputSchemaOf(offered),
    plan: () => {
      throw new SessionError("PLAN_FAILED", `Cannot plan "${offered.name}": it is loaded first`);
    },
    async planLater(args, context): Promise<Plan> {
      const skill = await load();
      checkInput(skill, args);
      return planRun(skill, { tier, args, context });
    },
  };
}

async function loadSame(library: SkillLibrary, offered: GrantedSkill): Promise<GrantedSkill> {
  const skill = await library.loadForRun(offered.name);
  // Threat: an upgrade, or an edit, between the moment a person saw the skill and its run.
  if (
    skill.fingerprint === offered.fingerprint && skill.textDigest === offered.textDigest && skill.perm === offered.perm
  ) {
    return skill;
  }
  throw new SessionError("CONTENT_CHANGED", `Cannot run "${offered.name}": it changed since it was loaded`, {
    hint: `load it again with use_skill {"name": "${offered.name}"}`,
  });
}

interface Run {
  readonly tier: Runnable;
  readonly args: unknown;
  readonly context: PlanContext;
}

function planRun(skill: GrantedSkill, run: Run): Plan {
  const { tier, args, context } = run;
  const guest = skillGuest(skill, context);
  const input = JSON.stringify(args) ?? "null";
  // Named once: what is prepared before and after a question must be the same.
  const stageDir = `${context.stageRoot}/${context.newStageName()}`;
  return {
    title: `Run skill ${guest.title}`,
    tier,
    actions: runActions(skill, guest, run),
    handles: [],
    record: guest.record,
    prepare: async () => await prepareRun(skill, guest, { ...run, input, stageDir }),
  };
}

function runActions(skill: GrantedSkill, { actor }: Guest, { tier, context }: Run): readonly AtomicAction[] {
  const tainted = context.provenance.tainted([skill.name]);
  const base = { classes: ["internal"], tier, tainted, skill: actor } as const;
  return [
    {
      ...base,
      capability: "package_execution",
      target: { kind: "package", id: actor.id, version: actor.version, digest: actor.digest },
    },
    // A script is launched by its execution: there only a rule against the launch counts.
    {
      ...base,
      capability: "runtime_launch",
      target: { kind: "skill", name: tier },
      ...(tier === "host-supervised" ? { denyOnly: true } : {}),
    },
  ];
}

async function prepareRun(
  skill: GrantedSkill,
  guest: Guest,
  run: Run & { readonly input: string; readonly stageDir: string },
): Promise<Prepared> {
  // Each way to run is loaded by the first skill that needs it.
  switch (run.tier) {
    case "wasm-sandbox":
      return (await import("./run-component.ts")).prepareComponent(skill, guest, run);
    case "host-readonly":
      return (await import("./core-skills.ts")).prepareCoreSkill(skill, guest, run);
    case "host-supervised":
      return (await import("./run-script.ts")).prepareScript(skill, run);
    default:
      return run.tier satisfies never;
  }
}
