import { type AtomicAction, b2, type Digest } from "../../core/mod.ts";
import { type GrantedSkill, runFingerprint } from "../../skills/mod.ts";
import type { Guest } from "../host-calls/guest.ts";
import type { PlanContext } from "../tools/tool.ts";

/**
 * Makes the guest that a skill runs as: its actor with the real folders behind its roots.
 *
 * @param skill The skill, every check passed just now.
 * @param context The project, the rules and the program that the run depends on.
 * @returns The guest.
 */
export function skillGuest(
  skill: GrantedSkill,
  context: Pick<PlanContext, "project" | "policy" | "version">,
): Guest {
  const { actor, fingerprint, component } = skill;
  const { project, policy = b2(""), version = "" } = context;
  const digest = runFingerprint({ fingerprint, grant: skill.perm, policy, engine: null, shell: version });
  return {
    actor: { ...actor, permissions: skill.permissions, roots: { ...actor.roots, workspace: project } },
    title: skillTitle(skill),
    tier: skill.runtime === "host-readonly" ? "host-readonly" : "wasm-sandbox",
    component: component?.digest ?? null,
    record: { id: actor.id, version: actor.version, publisher: actor.publisher, digest, fingerprint },
    file: (path) => skill.file(path),
    files: skill.files,
  };
}

/**
 * Makes the action of taking a skill's text, or one of its files, into a session.
 *
 * @param skill The skill.
 * @param context Tells what untrusted text may have named it.
 * @param word The argument that names it.
 * @returns The action, with the skill as actor.
 */
export function loadAction(
  skill: GrantedSkill,
  context: Pick<PlanContext, "project" | "policy" | "version" | "provenance">,
  word: string,
): AtomicAction {
  const { actor } = skillGuest(skill, context);
  return {
    capability: "skill_load",
    target: { kind: "skill", name: skill.name },
    classes: ["internal"],
    tier: "none",
    tainted: context.provenance.tainted([word]),
    skill: { ...actor, digest: actor.digest ?? skill.textDigest },
  };
}

/** Names a skill in questions, records and labels, e.g. `acme/pdf@1.2.0`. */
export function skillTitle({ actor }: Pick<GrantedSkill, "actor">): string {
  return actor.version === null ? actor.id : `${actor.id}@${actor.version}`;
}

/** Names the source of a skill's text in labels: what it is, and exactly which. */
export function skillSource(skill: Pick<GrantedSkill, "actor" | "name"> & { readonly textDigest: Digest }): string {
  const version = skill.actor.version ?? "local";
  return `${skill.name}@${version} ${skill.textDigest}`;
}
