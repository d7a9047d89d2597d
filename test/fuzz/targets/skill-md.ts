import { loadSodium } from "../../../core/mod.ts";
import { readSkillMd } from "../../../skills/read-skill-md.ts";
import { skillMd, WASM_KEYS } from "../../skills/sample-skill.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

const FOREIGN = `---
name: pdf
description: >
  Makes a report.
  Use for tables.
license: MIT
allowed-tools: Read, Bash(git:*)
hooks: { PreToolUse: [{ command: "./x.sh" }] }
metadata:
  author: "someone"
---
# Text

Body.
`;

/** `SKILL.md`, as foreign folders have it and as signed packages must. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  return {
    samples: [skillMd(), skillMd(WASM_KEYS), FOREIGN].map(bytesOf),
    words:
      ("name description metadata version az.spec az.id az.runtime az.world az.wasm az.perm.fs.read az.perm.fs.write " +
        "az.perm.net az.perm.secret az.perm.exec az.limits az.reason.net workspace:** GET,POST https://*:443/** -> " +
        "header:authorization wasm-sandbox none --- memory=1 wall-ms=1 ${project} handle://vault/a/b").split(" "),
    check(input) {
      return `${read(input, "secure")}, ${read(input, "compat")}`;
    },
  };
}

function read(input: Uint8Array, profile: "compat" | "secure"): string {
  try {
    const md = readSkillMd(input, { profile });
    if (JSON.stringify(readSkillMd(textOf(input), { profile })) !== JSON.stringify(md)) {
      throw violated("bytes and their text read the same");
    }
    if (!/^[a-z0-9-]{1,64}$/.test(md.name)) throw violated(`a name is a name: ${JSON.stringify(md.name)}`);
    return "ok";
  } catch (cause) {
    return refusal(cause, "SkillsError");
  }
}
