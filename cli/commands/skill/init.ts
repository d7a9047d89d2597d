import { lstatSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createFileOnce } from "../../../core/mod.ts";
import {
  BUILTIN_SKILL_NAMES,
  BUILTIN_TOOL_NAMES,
  isNamespace,
  isSkillName,
  SKILL_MD,
  SkillsError,
} from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";

/** Runs `skill init`. */
export function skillInit(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const namespace = input.option("namespace") ?? "";
  if (!isSkillName(name)) {
    throw badUsage(`Cannot make skill "${name}": it is no name of a skill`, "use 1-64 of a-z 0-9 and single - inside");
  }
  if (!isNamespace(namespace)) {
    throw badUsage(`Cannot make skill "${name}": "${namespace}" is no namespace`, "use 1-40 of a-z 0-9 and single -");
  }
  if (BUILTIN_TOOL_NAMES.includes(name) || BUILTIN_SKILL_NAMES.includes(name)) {
    throw new SkillsError("SHADOW", `Cannot make skill "${name}": it is the name of something built in`, {
      hint: "choose another name",
    });
  }
  const folder = resolve(context.cwd, name);
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) {
    throw badUsage(`Cannot make skill "${name}": "${folder}" exists already`, "choose another name, or move it away");
  }
  mkdirSync(folder);
  createFileOnce(join(folder, SKILL_MD), new TextEncoder().encode(template(namespace, name)), 0o644);
  if (context.json) context.output.json({ v: 1, path: folder, name, id: `${namespace}/${name}` });
  else {
    context.output.text(`made ${join(name, SKILL_MD)}`);
    context.output.note(`next: write what it does, then agentzero skill validate ${name}`);
  }
  return Promise.resolve();
}

function template(namespace: string, name: string): string {
  return `---
name: ${name}
description: Says what this skill does, and when to use it.
license: Apache-2.0
metadata:
  version: "0.1.0"
  az.spec: "1"
  az.id: "${namespace}/${name}"
---
# ${name}

Tell the agent what to do, step by step. Long parts go to files under \`references/\`.
`;
}
