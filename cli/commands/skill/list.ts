import type { CommandContext } from "../../context.ts";
import { listingJson } from "./listing.ts";
import { openLibrary } from "./open-library.ts";

/** Runs `skill list`. */
export async function skillList(context: CommandContext): Promise<void> {
  const { library } = await openLibrary(context);
  const skills = library.list();
  if (context.json) {
    context.output.json({ v: 1, skills: skills.map(listingJson) });
    return;
  }
  if (skills.length === 0) {
    context.output.note(
      "no skills here: agentzero skill install SOURCE, or a folder .agentzero/skills/NAME with SKILL.md",
    );
    return;
  }
  context.output.table([
    ["NAME", "VERSION", "RUNS AS", "STATE", "FROM"],
    ...skills.map(({ name, version, runtime, state, code, source, place }) => [
      name,
      version,
      runtime,
      code === null ? state : `${state} (${code})`,
      place === "installed" || place === source ? source : `${place}: ${source}`,
    ]),
  ]);
}
