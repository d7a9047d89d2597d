import type { GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { Guest } from "../host-calls/guest.ts";
import type { RoutineIo, RoutineValue } from "../host-calls/routine.ts";
import { quietPreview } from "../tools/present.ts";
import type { Prepared } from "../tools/tool.ts";
import { judgeFindings } from "./fail-on.ts";
import { skillSource } from "./skill-guest.ts";

type Routine = (io: RoutineIo, input: unknown) => Promise<RoutineValue>;

// Core code behind built-in skills, by their ids; loaded by the first run.
const ROUTINES: Readonly<Record<string, () => Promise<Routine>>> = {
  "agentzero/repo-security-audit": async () => (await import("./repo-audit/run-audit.ts")).runRepoAudit,
};

/**
 * Prepares a run of core code behind a built-in skill: tier `host-readonly`, every file through the gate.
 *
 * @param skill The skill.
 * @param guest On whose behalf its files are decided.
 * @param run Its input.
 * @returns The effect.
 * @throws {SessionError} `NOT_EXECUTABLE` for a skill that no code of this build stands behind.
 */
export function prepareCoreSkill(
  skill: GrantedSkill,
  guest: Guest,
  run: { readonly input: string; readonly args: unknown },
): Prepared {
  // Threat: a package that calls itself built in. The digest of the archive was compared with the pin of this build.
  const routine = skill.actor.trust === "signed" && Object.hasOwn(ROUTINES, skill.actor.id)
    ? ROUTINES[skill.actor.id]
    : undefined;
  if (routine === undefined) {
    throw new SessionError("NOT_EXECUTABLE", `Cannot run "${skill.name}": no code of this build stands behind it`);
  }
  return {
    effect: {
      backend: "routine",
      tier: "host-readonly",
      spec: { op: "core-skill", id: skill.actor.id, fingerprint: skill.fingerprint, input: run.input },
      guest,
      run: async (io) => await (await routine())(io, run.args),
      present: (value) => ({
        output: value.output,
        truncated: value.truncated,
        sources: [skillSource(skill)],
        classes: value.classes,
        error: value.error ?? judgeFindings(skill, value.output),
      }),
    },
    preview: quietPreview(`run ${guest.title} with ${run.input.slice(0, 4_000)}`),
    before: null,
    after: null,
  };
}
