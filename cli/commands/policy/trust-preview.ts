import { join } from "node:path";
import {
  diffPolicies,
  type PolicyChange,
  type PolicyLayer,
  type PolicyOptions,
  readBundle,
  readPolicyFile,
  trustOf,
} from "../../../policy/mod.ts";
import { readInstructions } from "../../compose/instructions.ts";
import type { Output } from "../../context.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";

/** A file that counts once a project is trusted. */
export interface Companion {
  /** Relative to the project. */
  readonly name: string;
  /** `sha256:` of its bytes. */
  readonly sha256: string;
  readonly text: string;
}

/** What else counts once a project is trusted: how it is set up, and what it tells the model. */
export interface Companions {
  /** `.agentzero/config.yml`, `null` without one. */
  readonly config: Companion | null;
  /** `AGENTS.md`, `null` without one that could be used. */
  readonly agents: Companion | null;
  /** Why the `AGENTS.md` that stands there cannot be used, trusted or not. */
  readonly unusable: string | null;
}

/** A project's policy that somebody is about to trust. */
export interface TrustCandidate {
  /** Real path. */
  readonly project: string;
  readonly options: PolicyOptions;
  /** All layers as they count now. */
  readonly live: readonly PolicyLayer[];
  /** The project's layer as it would count. */
  readonly next: PolicyLayer;
  readonly companions: Companions;
}

const MAX_SHOWN = 40;

/**
 * Reads what would be trusted along with a project's policy.
 *
 * @param project Real path of the project.
 * @returns Its configuration and instructions.
 */
export function companionsOf(project: string): Companions {
  const agents = readInstructions(project);
  return {
    config: companion(project, join(PROJECT_FOLDER, "config.yml")),
    // Nobody is asked to vouch for what would not be used.
    agents: agents.kind === "text" ? { name: "AGENTS.md", sha256: agents.sha256, text: agents.text } : null,
    unusable: agents.kind === "unusable" ? agents.why : null,
  };
}

/**
 * Shows what trust would change: since the content that was trusted last, where that is still known, else against what
 * counts now; and the files that are trusted along with it.
 *
 * @param output Where to.
 * @param candidate What would be trusted.
 */
export function showTrustPreview(output: Output, candidate: TrustCandidate): void {
  const { live, next, companions } = candidate;
  const others = live.filter((layer) => layer.layer !== "project");
  const { changes } = diffPolicies(live, [...others, next]);
  const before = trustedBefore(candidate);
  if (before === null) {
    output.note(changes.length === 0 ? "trusting it changes no decision" : "trusting it changes:");
    showChanges(output, changes);
  } else {
    const since = diffPolicies([...others, before], [...others, next]).changes;
    const name = `the policy that you trusted last (${before.sha256.slice(0, 19)}…)`;
    output.note(since.length === 0 ? `it decides as ${name}` : `it differs from ${name}:`);
    showChanges(output, since);
    if (changes.some(({ region }) => since.every((change) => change.region !== region))) {
      output.note("  what else it allowed then counts again: until it is trusted, it only forbids");
    }
  }
  if (companions.config !== null) showCompanion(output, companions.config, MAX_SHOWN);
  // Threat: instructions below the last line that was shown.
  if (companions.agents !== null) showCompanion(output, companions.agents, Number.POSITIVE_INFINITY);
  if (companions.unusable !== null) output.note(`AGENTS.md is not trusted along with it: ${companions.unusable}`);
}

/**
 * The layer as it was when it was trusted last. Only a bundle that bears the hash in the list of trust counts; both are
 * sealed with this user's key.
 */
function trustedBefore({ project, options, next }: TrustCandidate): PolicyLayer | null {
  const hash = trustOf(options, project)?.sha256;
  if (hash === undefined) return null;
  for (const which of ["active", "lkg"] as const) {
    const layers = readBundle({ project, keys: options.keys }, which)?.layers ?? [];
    const layer = layers.find((each) => each.layer === "project" && each.sha256 === hash);
    if (layer !== undefined) return { ...next, document: layer.document, sha256: hash };
  }
  return null;
}

function showChanges(output: Output, changes: readonly PolicyChange[]): void {
  for (const change of changes.slice(0, MAX_SHOWN)) {
    const kind = change.looser ? "looser " : "tighter";
    output.note(`  ${kind}  ${change.capability} ${change.region}: ${change.from} -> ${change.to}`);
  }
  if (changes.length > MAX_SHOWN) {
    const file = join(PROJECT_FOLDER, "policy.yml");
    output.note(`  and ${changes.length - MAX_SHOWN} more: agentzero policy diff active ${file}`);
  }
}

function showCompanion(output: Output, { name, text }: Companion, max: number): void {
  output.note(`${name}, trusted along with it:`);
  const lines = text.replace(/\n$/, "").split("\n");
  for (const line of lines.slice(0, max)) output.note(`  | ${line}`);
  if (lines.length > max) output.note(`  and ${lines.length - max} more lines`);
}

function companion(project: string, name: string): Companion | null {
  // Links and devices do not count later either, so that nobody is asked to vouch for them.
  const file = readPolicyFile(join(project, name));
  return file.kind === "read" ? { name, sha256: file.sha256, text: new TextDecoder().decode(file.bytes) } : null;
}
