import { type GeneratedListing, permissionStrings } from "../../../skills/mod.ts";
import type { CommandContext } from "../../context.ts";
import { openTools } from "./open-tools.ts";

/** `tool list`: the generated tools of the project, usable or not. */
export async function toolList(context: CommandContext): Promise<void> {
  const { tools } = await openTools(context);
  const listed = tools.list();
  if (context.json) {
    context.output.json({ v: 1, tools: listed.map(listingJson) });
    return;
  }
  if (listed.length === 0) {
    context.output.note("no tool was generated here yet: agentzero tool generate FILE.json");
    return;
  }
  context.output.table([
    ["TOOL", "VERSION", "STATE", "DESCRIPTION"],
    ...listed.map(({ name, active, state, version, why }) => [
      name,
      active === null ? "-" : `v${active}`,
      state,
      (why ?? version?.description ?? "").slice(0, 80),
    ]),
  ]);
}

/** A tool as JSON, without its source. */
export function listingJson(listing: GeneratedListing): object {
  const { name, state, code, why, active, versions, failures, version } = listing;
  return {
    name,
    id: `generated:${name}`,
    state,
    code,
    why,
    active,
    versions,
    failures,
    description: version?.description ?? null,
    language: version?.entry.language ?? null,
    permissions: version === null ? null : permissionStrings(version.entry.permissions),
    perm: version?.entry.perm ?? null,
    digest: version?.actor.digest ?? null,
    tainted: version?.entry.tainted ?? null,
    created: version === null ? null : new Date(version.entry.created).toISOString(),
  };
}
