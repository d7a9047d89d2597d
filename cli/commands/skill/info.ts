import { AgentZeroError } from "../../../core/mod.ts";
import { type GrantedSkill, permissionLines, SkillsError } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { exitCodeOf } from "../../exit-codes.ts";
import { listingJson } from "./listing.ts";
import { openLibrary } from "./open-library.ts";

/** Runs `skill info`: everything that a run would check is checked. */
export async function skillInfo(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const name = input.arg(0) ?? "";
  const { library } = await openLibrary(context);
  const listing = library.find(name);
  if (listing === null) {
    const known = library.list().map((one) => one.name);
    throw new SkillsError("NOT_FOUND", `Cannot show "${name}": there is no such skill`, {
      hint: known.length === 0 ? "agentzero skill install SOURCE" : `skills here: ${known.slice(0, 20).join(" ")}`,
    });
  }
  const outcome = await tryLoad(() => library.loadForRun(name));
  const failed = outcome instanceof AgentZeroError ? outcome : null;
  const shown = failed === null ? listing : {
    ...listing,
    state: failed.code === "PERM_WIDENED" ? "asks" as const : "refused" as const,
    code: failed.code,
  };
  if (context.json) context.output.json({ v: 1, skills: [listingJson(shown)] });
  else {
    for (const [key, value] of Object.entries(listingJson(shown))) {
      const text = Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : "-";
      if (text !== "") context.output.text(`${key.padEnd(12)} ${text}`);
    }
    if (!(outcome instanceof AgentZeroError)) showSkill(context, outcome);
  }
  if (failed === null) return EXIT.ok;
  if (!context.json) context.output.error(failed);
  return exitCodeOf(failed.code);
}

async function tryLoad(load: () => Promise<GrantedSkill>): Promise<GrantedSkill | AgentZeroError> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof AgentZeroError) return cause;
    throw cause;
  }
}

function showSkill({ output }: CommandContext, { md, permissions, files }: GrantedSkill): void {
  output.text(`${"description".padEnd(12)} ${md.description}`);
  for (const { key, text } of permissionLines(permissions)) output.text(`${"granted".padEnd(12)} ${key} ${text}`);
  for (const { path, size } of files) output.text(`${"file".padEnd(12)} ${path} (${size} bytes)`);
}
