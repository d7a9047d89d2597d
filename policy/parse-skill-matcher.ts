import type { SkillActor } from "../core/mod.ts";
import type { MatcherContext } from "./matcher-context.ts";
import type { SkillMatcher } from "./matchers.ts";
import type { Mutable } from "./mutable.ts";
import type { YamlNode } from "./yaml-tree.ts";

/** The words of `skill.trust`. */
export const SKILL_TRUSTS: readonly SkillActor["trust"][] = ["signed", "local", "generated"];

/**
 * Reads the matcher `skill`.
 *
 * @param node Its value.
 * @param context What it belongs to.
 * @returns What was read; what is wrong is noted with the reader.
 */
export function parseSkillMatcher(node: YamlNode, context: MatcherContext): SkillMatcher {
  const { reader } = context;
  const entries = reader.map(node, '"skill"', ["id", "publisher", "digest", "trust"]);
  const skill: Mutable<SkillMatcher> = {};
  for (const name of ["id", "publisher", "digest"] as const) {
    const entry = entries.get(name);
    if (entry !== undefined) skill[name] = reader.oneOrTexts(entry.value, `"skill.${name}"`).map((item) => item.text);
  }
  const trust = entries.get("trust");
  if (trust !== undefined) skill.trust = reader.words(trust.value, "skill.trust", SKILL_TRUSTS);
  if (entries.size === 0 && node.kind === "map") {
    reader.fail("POLICY_VALUE", node.at, { message: '"skill" is empty', hint: "name id, publisher, digest or trust" });
  }
  return skill;
}
