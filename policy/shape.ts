import { type AtomicAction, canonicalJson, CLASSIFICATIONS, sha256, type SkillActor } from "../core/mod.ts";
import type { WordPattern } from "./matchers.ts";

/**
 * Writes down exactly what a remembered answer covers, as one canonical text: two actions with the same capability and
 * shape are the same question.
 *
 * @example
 * ```ts
 * shapeOf(action); // "/home/me/shop/src/a.ts", or {"argv":["npm","test"],"cwd":"/home/me/shop",…}
 * ```
 * @param action A well-formed action.
 * @returns The shape.
 */
export function shapeOf(action: AtomicAction): string {
  const { target, tier } = action;
  switch (target.kind) {
    case "path":
      return target.real;
    case "command": {
      const { cwd, redirects, secrets } = target;
      // Threat: a grant for `npm test` reused with another folder, tier, output file, or with secrets in its environment.
      const frame = { cwd, tier, redirects: redirects.toSorted(), ...(secrets ? { secrets } : {}) };
      return canonicalJson(target.argv === null ? { text: target.text, ...frame } : { argv: target.argv, ...frame });
    }
    case "network":
      return `${target.method} ${target.scheme}://${target.host}:${target.port}`;
    case "model":
      return canonicalJson({
        provider: target.provider,
        host: target.host,
        port: target.port,
        highest: CLASSIFICATIONS.findLast((word) => action.classes.includes(word)) ?? "unknown",
      });
    case "secret": {
      const { handle, inject, host, port, program } = target;
      return canonicalJson({ handle, inject, host, port, program });
    }
    case "package":
      return action.capability === "package_install"
        ? canonicalJson({ id: target.id, version: target.version, digest: target.digest })
        : canonicalJson({ id: target.id, digest: target.digest, tier, ...actor(action.skill) });
    case "import":
      return canonicalJson({ import: target.name, tier, ...actor(action.skill) });
    case "skill":
      return canonicalJson({ name: target.name, tier, ...actor(action.skill) });
    default:
      return target satisfies never;
  }
}

/** The shape of an answer that covers a whole word pattern of a rule. */
export function patternShape(patterns: readonly WordPattern[], tier: string): string {
  return canonicalJson({ patterns, tier });
}

function actor(skill: SkillActor | null): { readonly [key: string]: string | null } {
  if (skill === null) return {};
  return { skill: skill.id, skill_digest: skill.digest, permissions: permissionTag(skill) };
}

/** Names the permissions of an actor; equal permissions have equal tags. */
export function permissionTag({ permissions }: SkillActor): string | null {
  return permissions === null ? null : sha256(canonicalJson(permissions));
}
