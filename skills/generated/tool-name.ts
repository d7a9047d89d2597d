import { SkillsError } from "../errors.ts";
import { BUILTIN_SKILL_NAMES, BUILTIN_TOOL_NAMES, isSkillName } from "../names.ts";
import { showText } from "../visible-text.ts";

// Words that a person types to the program itself: a tool of such a name would be taken for it.
const COMMAND_WORDS: readonly string[] = [
  ..."init chat run call demo doctor policy audit vault skill trust key tool session acp completions".split(" "),
  ..."help exit quit new clear model models mode cost copy diff export resume undo version skills tools".split(" "),
];

/**
 * Checks the name of a generated tool.
 *
 * @param name Any text.
 * @param holder Says who holds a name already (an installed skill), or `null`.
 * @returns The name.
 * @throws {SkillsError} `TOOL_NAME`.
 */
export function checkToolName(name: unknown, holder: (name: string) => string | null = nobody): string {
  if (typeof name !== "string") throw refused("the name is missing", "add name: 3-40 of a-z 0-9 and single - inside");
  if (!isSkillName(name) || name.length < 3 || name.length > 40) {
    throw refused(`"${showText(name)}" is no name of a tool`, "use 3-40 of a-z 0-9 and single - inside");
  }
  const held = reserved(name) ?? holder(name);
  if (held !== null) throw refused(`"${name}" is the name of ${held}`, "choose another name");
  return name;
}

function reserved(name: string): string | null {
  // Threat: `generate-tool` beside `generate_tool`, which a model takes one for the other.
  const spelled = name.replaceAll("-", "_");
  if (BUILTIN_TOOL_NAMES.includes(name)) return "a built-in tool";
  if (BUILTIN_TOOL_NAMES.includes(spelled)) return `a built-in tool, "${spelled}", but for a stroke`;
  if (BUILTIN_SKILL_NAMES.includes(name)) return "a built-in skill";
  return COMMAND_WORDS.includes(name) ? "a command" : null;
}

function nobody(): null {
  return null;
}

function refused(why: string, hint: string): SkillsError {
  return new SkillsError("TOOL_NAME", `Cannot make tool: ${why}`, { hint });
}
