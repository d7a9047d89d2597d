import { digestOf } from "../../core/mod.ts";
import type { OtherSkill } from "../library.ts";
import { EMPTY_PERMISSIONS, permDigest } from "../permissions.ts";
import type { GeneratedTools } from "./registry.ts";

/**
 * Lists generated tools beside skills: they share one name space, and the first holder keeps a name.
 *
 * @param tools The tools of the project.
 * @returns One a tool, without a text to load: a tool is called.
 */
export function generatedAsSkills(tools: GeneratedTools): readonly OtherSkill[] {
  return tools.list().map(({ name, state, code, version, active }) => ({
    listing: {
      name,
      id: `generated:${name}`,
      version: active === null ? "v0" : `v${active}`,
      profile: "secure",
      runtime: "wasm-sandbox",
      state: state === "ready" ? "ready" : "refused",
      code,
      perm: version?.entry.perm ?? permDigest(EMPTY_PERMISSIONS),
      fingerprint: version === null ? null : digestOf({ v: 1, generated: version.actor.digest }),
      source: `.agentzero/skills/${name}`,
      ignored: [],
      place: "generated",
    },
    description: version?.description ?? "",
    load: null,
  }));
}
