import {
  type AtomicAction,
  type Capability,
  type Classification,
  CLASSIFICATIONS,
  ISOLATION_TIERS,
  type IsolationTier,
  type SkillActor,
} from "../../core/mod.ts";
import type { PolicyRule } from "../document.ts";
import type { Matchers } from "../matchers.ts";
import type { Globs } from "./globs.ts";
import { sampleTargets } from "./sample-targets.ts";
import { sampleTexts } from "./sample-values.ts";

/** What samples are made from. */
export interface SampleSource {
  readonly capability: Capability;
  /** Only what these matchers may match is sampled. */
  readonly focus: Matchers;
  /** Everything else that may tell two actions apart: matchers and exceptions of all rules of the capability. */
  readonly others: readonly Matchers[];
  readonly globs: Globs;
}

/** Where an action mostly runs. */
export const USUAL_TIER: Readonly<Record<Capability, IsolationTier>> = {
  file_read: "host-readonly",
  file_write: "host-supervised",
  shell_command: "host-supervised",
  network_request: "host-supervised",
  model_call: "host-supervised",
  secret_handle_usage: "host-supervised",
  package_install: "host-supervised",
  package_execution: "host-supervised",
  skill_load: "none",
  runtime_launch: "wasm-sandbox",
  acp_context_request: "host-readonly",
  mvm_mount: "mvm-microvm",
  wasm_host_call: "wasm-sandbox",
};

/**
 * Gathers the matchers that may tell two actions of a capability apart.
 *
 * @param rules Rules of any number of policies.
 * @param capability The capability.
 * @returns Matchers of rules and of their exceptions.
 */
export function matchersFor(rules: readonly PolicyRule[], capability: Capability): readonly Matchers[] {
  return rules.filter((rule) => rule.capabilities.includes(capability))
    .flatMap(({ match, except }) => except === null ? [match] : [match, except]);
}

/**
 * Makes actions that tell rules apart: every combination of values that lies differently to some matcher.
 *
 * @param source Capability, focus and matchers.
 * @returns Actions, lazily: there may be very many.
 */
export function* sampleActions(source: SampleSource): Generator<AtomicAction> {
  const { capability } = source;
  const targets = sampleTargets(source);
  for (const skill of actorsOf(source)) {
    for (const tainted of taintsOf(source)) {
      for (const tier of tiersOf(source)) {
        for (const name of classesOf(source)) {
          for (const target of targets) yield { capability, target, classes: [name], tier, tainted, skill };
        }
      }
    }
  }
}

function taintsOf({ focus, others }: SampleSource): readonly boolean[] {
  if (focus.tainted === "true" || focus.tainted === "false") return [focus.tainted === "true"];
  return [focus, ...others].some((one) => one.tainted !== undefined) ? [false, true] : [false];
}

function tiersOf({ capability, focus, others }: SampleSource): readonly IsolationTier[] {
  const usual = USUAL_TIER[capability];
  if (![focus, ...others].some((one) => one.tier !== undefined)) return [usual];
  const tiers = focus.tier ?? ISOLATION_TIERS;
  return tiers.toSorted((a, b) => Number(b === usual) - Number(a === usual));
}

function classesOf({ focus, others }: SampleSource): readonly Classification[] {
  if (![focus, ...others].some((one) => one.classification !== undefined)) return ["private"];
  const classes = focus.classification ?? CLASSIFICATIONS;
  return classes.toSorted((a, b) => Number(b === "private") - Number(a === "private"));
}

function actorsOf({ focus, others, globs }: SampleSource): readonly (SkillActor | null)[] {
  const skills = [focus, ...others].flatMap((one) => one.skill ?? []);
  if (skills.length === 0) return [null];
  function texts(name: "id" | "publisher"): readonly string[] {
    const list = skills.flatMap((one) => one[name] ?? []);
    return sampleTexts({ kind: "text", focus: focus.skill?.[name] ?? null, list }, globs);
  }
  const publishers = focus.skill?.publisher === undefined ? [null, ...texts("publisher")] : texts("publisher");
  const actors = texts("id").flatMap((id) =>
    publishers.flatMap((publisher) =>
      (focus.skill?.trust ?? ["signed", "local", "generated"] as const).map((trust): SkillActor => ({
        id,
        version: null,
        publisher,
        digest: null,
        trust,
        permissions: null,
        roots: {},
      }))
    )
  );
  return focus.skill === undefined ? [null, ...actors] : actors;
}
