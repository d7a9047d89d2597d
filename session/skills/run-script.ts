import type { GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { Prepared } from "../tools/tool.ts";

/** Prepares a run of a skill's script in the sandbox for processes. */
export function prepareScript(skill: GrantedSkill, _run: { readonly input: string }): Prepared {
  throw new SessionError("TIER_UNAVAILABLE", `Cannot run "${skill.name}": scripts do not run here yet`);
}
