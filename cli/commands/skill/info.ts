import { AgentZeroError } from "../../../core/mod.ts";
import {
  type GrantedSkill,
  permissionLines,
  type SkillLibrary,
  type SkillListing,
  SkillsError,
} from "../../../skills/mod.ts";
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
  if (listing === null) throw await missing(library, name);
  // A generated tool has no text to load: its registry checked every byte of it for the listing.
  if (listing.place === "generated") return showGenerated(context, listing);
  const outcome = await tryLoad(() => library.loadForRun(name));
  const failed = outcome instanceof AgentZeroError ? outcome : null;
  const shown = failed === null ? listing : {
    ...listing,
    state: failed.code === "PERM_WIDENED" ? "asks" as const : "refused" as const,
    code: failed.code,
  };
  if (context.json) context.output.json({ v: 1, skills: [listingJson(shown)] });
  else {
    showListing(context, shown);
    if (!(outcome instanceof AgentZeroError)) showSkill(context, outcome);
  }
  if (failed === null) return EXIT.ok;
  if (!context.json) context.output.error(failed);
  return exitCodeOf(failed.code);
}

function showGenerated(context: CommandContext, listing: SkillListing): ExitCode {
  if (context.json) context.output.json({ v: 1, skills: [listingJson(listing)] });
  else {
    showListing(context, listing);
    context.output.note(`it is a generated tool: agentzero tool show ${listing.name}`);
  }
  return listing.code === null ? EXIT.ok : exitCodeOf(listing.code);
}

function showListing({ output }: CommandContext, listing: SkillListing): void {
  for (const [key, value] of Object.entries(listingJson(listing))) {
    const text = Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : "-";
    if (text !== "") output.text(`${key.padEnd(12)} ${text}`);
  }
}

/** A name that nobody holds is not in the lock, as a run would say it. */
async function missing(library: SkillLibrary, name: string): Promise<unknown> {
  const outcome = await tryLoad(() => library.loadForRun(name));
  return outcome instanceof AgentZeroError
    ? outcome
    : new SkillsError("NOT_FOUND", `Cannot show "${name}": it appeared just now`, { hint: "run it again" });
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
  if (md.invisible > 0) output.text(`${"removed".padEnd(12)} ${md.invisible} invisible characters`);
  for (const { key, text } of permissionLines(permissions)) output.text(`${"granted".padEnd(12)} ${key} ${text}`);
  for (const { path, size } of files) output.text(`${"file".padEnd(12)} ${path} (${size} bytes)`);
}
