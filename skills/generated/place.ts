import { join } from "node:path";
import { checkOwnFolder, type Digest } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { TrustPlace } from "../trust/place.ts";

/** Where generated tools are kept, and with what they are protected. */
export interface GeneratedPlace extends TrustPlace {
  /** Real path of the project; its id in MACs and counters, as in grants. */
  readonly project: string;
}

/** Folder of all tools of a project. */
export function toolsFolder(project: string): string {
  return join(project, ".agentzero", "skills");
}

/** Folder of one tool. */
export function toolFolder(project: string, name: string): string {
  return join(toolsFolder(project), name);
}

/** Folder of one version. */
export function versionFolder(project: string, name: string, n: number): string {
  return join(toolFolder(project, name), `v${n}`);
}

/** File that says which version is active. */
export function activeFile(project: string, name: string): string {
  return join(toolFolder(project, name), "active.json");
}

/** Name of the counter that only grows; mirrored in the user's home. */
export function epochName(project: string, name: string): string {
  return `generated ${JSON.stringify([project, name])}`;
}

/**
 * Checks that the folders down to a tool are the user's own and no links.
 *
 * Threat: a cloned project brings `.agentzero/skills` as a link, so that what is registered lands somewhere else.
 *
 * @param project Real path of the project.
 * @param name Name of the tool.
 * @returns `true` when the tool's folder is there.
 * @throws {SkillsError} `TOOL_FOREIGN`.
 */
export function checkToolFolder(project: string, name: string): boolean {
  for (const folder of [join(project, ".agentzero"), toolsFolder(project), toolFolder(project, name)]) {
    const state = checkOwnFolder(folder, false);
    if (state.kind === "missing") return false;
    if (state.kind === "unsafe") {
      throw new SkillsError("TOOL_FOREIGN", `Cannot use the tools in "${folder}": ${state.why}`, { hint: state.hint });
    }
  }
  return true;
}

/** Which file of a tool a MAC is for. */
export type SealedKind = "generated-entry" | "generated-active";

/** What a MAC of a generated tool covers besides the content. */
export interface SealScope {
  readonly kind: SealedKind;
  readonly name: string;
}

/** One version in `active.json`. */
export interface RegisteredVersion {
  /** Its number, from 1. */
  readonly n: number;
  /** Digest of its `entry.json`. */
  readonly entry: Digest;
}
