import { digestOf, type SkillActor } from "../../core/mod.ts";
import type { ToolVersion } from "../../skills/mod.ts";
import type { Guest, GuestStage } from "../host-calls/guest.ts";

/** Names a version in questions, records and labels: `generated:word-count@v2`. */
export function generatedTitle(actor: SkillActor): string {
  return actor.version === null ? actor.id : `${actor.id}@${actor.version}`;
}

/**
 * Makes the guest that a generated tool runs as. It has no files of its own, and no value is bound to it.
 *
 * @param actor The version.
 * @param stage What stands in for the world while examples run.
 * @returns The guest.
 */
export function generatedGuest(actor: ToolVersion["actor"], stage?: GuestStage): Guest {
  const { id, version, publisher, digest } = actor;
  return {
    actor,
    title: generatedTitle(actor),
    tier: "wasm-sandbox",
    component: null,
    record: { id, version, publisher, digest, fingerprint: digestOf({ v: 1, generated: digest }) },
    file: () => null,
    files: [],
    ...(stage === undefined ? {} : { stage }),
  };
}
