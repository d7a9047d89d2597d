import { digestOf } from "../../core/mod.ts";
import type { WasmValue } from "../../sandbox/mod.ts";
import type { GrantedSkill } from "../../skills/mod.ts";
import type { Guest } from "../host-calls/guest.ts";
import { quietPreview } from "../tools/present.ts";
import type { PlanContext, Prepared, Presented } from "../tools/tool.ts";
import { judgeFindings } from "./fail-on.ts";
import { skillSource } from "./skill-guest.ts";
import { wasmSpecOf } from "./wasm-spec-of.ts";

/** Longer words of a guest about its own failure are cut. */
const MAX_ERROR_CHARS = 2_000;

/**
 * Prepares a run of a skill's component.
 *
 * @param skill The skill.
 * @param guest On whose behalf its host calls are decided.
 * @param run Its input, and the call.
 * @returns The effect.
 */
export function prepareComponent(
  skill: GrantedSkill,
  guest: Guest,
  run: { readonly input: string; readonly context: PlanContext },
): Prepared {
  const { component } = skill;
  const seed = run.context.call ?? digestOf({ input: run.input });
  return {
    effect: {
      backend: "wasm",
      spec: wasmSpecOf(skill, run.input, { seed, ceilings: run.context.limits.wasm }),
      guest,
      component: () =>
        component === null ? Promise.reject(new TypeError("there is no component")) : Promise.resolve(component.bytes),
      present: (value) => presentRun(skill, value),
    },
    preview: quietPreview(`run ${guest.title} with ${run.input.slice(0, 4_000)}`),
    before: null,
    after: null,
  };
}

/**
 * Says what a component gave; its own error is its own text.
 *
 * @param skill Whose output it is.
 * @param value What came out of the tier.
 * @returns The output, not masked.
 */
export function presentRun(skill: GrantedSkill, value: WasmValue): Presented {
  const base = { truncated: false, sources: [skillSource(skill)], classes: [] } as const;
  if (value.error !== null) {
    const said = value.error.length > MAX_ERROR_CHARS
      ? `${value.error.slice(0, MAX_ERROR_CHARS).toWellFormed()}…`
      : value.error;
    const error = { code: "TOOL_ERROR", message: `Skill "${skill.name}" failed: ${said}`, hint: null };
    return { ...base, output: null, error };
  }
  return { ...base, output: value.output, error: judgeFindings(skill, value.output) };
}
