import { loadSodium } from "../../../core/mod.ts";
import { checkContent, readContent } from "../../../skills/package-content.ts";
import { packSkill, skillMd, textFile, textSkill } from "../../skills/sample-skill.ts";
import { type FuzzTarget, refusal, textOf } from "../target.ts";

/** A package around a mutated `SKILL.md`: header, manifest and permissions against each other. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const samples = textSkill().map(({ bytes }) => bytes);
  return {
    samples: [...samples.slice(0, 1), new TextEncoder().encode(skillMd({ "az.perm.fs.read": "workspace:**" }))],
    words: ["az.perm.fs.read", "az.perm.net", "az.limits", "workspace:**", "az.runtime", "az.id", "version", "name"],
    check(input) {
      try {
        const archive = packSkill([textFile("SKILL.md", textOf(input)), textFile("a.md", "a\n")]);
        checkContent(archive);
        readContent(archive);
        return "ok";
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
