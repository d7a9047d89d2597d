import { toolSheet } from "../../../session/mod.ts";
import { definitionOf, type GeneratedListing, SkillsError, type ToolVersion } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { listingJson } from "./list.ts";
import { type OpenTools, openTools, versionNumber } from "./open-tools.ts";

/** `tool show`: one version of a tool, with its source. */
export async function toolShow(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const opened = await openTools(context);
  const listing = opened.tools.list().find((tool) => tool.name === name);
  if (listing === undefined) {
    throw new SkillsError("NOT_FOUND", `Cannot show tool "${name}": there is no such tool`, {
      hint: "agentzero tool list",
    });
  }
  const wanted = versionNumber(input.arg(1));
  const version = wanted === null ? shownVersion(opened, listing) : opened.tools.version(name, wanted);
  if (wanted !== null && version === null) {
    throw new SkillsError("NOT_FOUND", `Cannot show version ${wanted} of "${name}": it is not there whole`, {
      hint: `versions: ${listing.versions.join(" ") || "none"}`,
    });
  }
  if (context.json) context.output.json({ v: 1, tool: { ...listingJson(listing), ...versionJson(version) } });
  else context.output.text(versionText(listing, version));
}

/** What is wrong with a tool that cannot be used is what there is to show of it. */
function shownVersion({ tools }: OpenTools, { name, active, version }: GeneratedListing): ToolVersion | null {
  return version ?? (active === null ? null : tools.version(name, active));
}

function versionJson(version: ToolVersion | null): object {
  if (version === null) return { version: null, source: null };
  const { entry, description, source } = version;
  return {
    version: entry.n,
    description,
    source,
    input_schema: entry.inputSchema,
    examples: entry.examples,
    engine: entry.engine,
    session: entry.session,
    call: entry.call,
    read_before: entry.readBefore,
    approval: entry.approval,
  };
}

function versionText(listing: GeneratedListing, version: ToolVersion | null): string {
  const { state, why, active, versions, failures } = listing;
  const head = [
    `state: ${state}${why === null ? "" : `: ${why}`}`,
    `versions: ${versions.map((n) => n === active ? `[${n}]` : `${n}`).join(" ") || "none"}`,
    ...(failures > 0 ? [`failures: ${failures} in a row`] : []),
  ];
  if (version === null) return head.join("\n");
  const { entry, source } = version;
  const sheet = toolSheet(definitionOf(version), entry.permissions, entry.readBefore).trimEnd();
  return [...head, `version: ${entry.n}`, sheet, "", source.trimEnd()].join("\n");
}
