import { readdirSync } from "node:fs";
import { join } from "node:path";
import { b2, readOwnFile } from "../../core/mod.ts";
import { readEpoch } from "../trust/seen.ts";
import { type ActiveRecord, readActive } from "./active.ts";
import {
  activeFile,
  checkToolFolder,
  epochName,
  type GeneratedPlace,
  type RegisteredVersion,
  toolFolder,
  versionFolder,
} from "./place.ts";
import { openTool } from "./seal.ts";
import { readToolFile } from "./tool-files.ts";
import { readVersion } from "./tool-version.ts";

/** How a tool stands on disk. */
export type ToolState =
  /** There is no tool of this name. */
  | { readonly kind: "none" }
  /** Somebody else's: the project was cloned, or came as an archive. */
  | { readonly kind: "foreign"; readonly why: string }
  /** It was registered here, and its files were changed by something else. */
  | { readonly kind: "tampered"; readonly why: string; readonly epoch: number }
  | { readonly kind: "known"; readonly record: ActiveRecord };

/**
 * Reads how a tool stands: MAC and counter of `active.json`.
 *
 * @param place Project and key.
 * @param name Name of the tool.
 * @returns The state.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`; `TOOL_FOREIGN` for folders that are links or somebody else's.
 */
export function readState(place: GeneratedPlace, name: string): ToolState {
  const epoch = readEpoch(place, epochName(place.project, name));
  if (!checkToolFolder(place.project, name)) {
    return epoch === 0 ? { kind: "none" } : { kind: "tampered", why: "its folder is gone", epoch };
  }
  const file = readOwnFile(activeFile(place.project, name), { maxBytes: 65_536 });
  if (file.kind === "missing") {
    return epoch === 0 ? { kind: "none" } : { kind: "tampered", why: "active.json is gone", epoch };
  }
  const bytes = file.kind === "ok" ? file.bytes : new Uint8Array();
  const content = openTool(place, { kind: "generated-active", name }, new TextDecoder().decode(bytes));
  const record = content === null ? null : readActive(content);
  if (record === null || record.name !== name) {
    // Threat: a cloned project brings tools with entries of its own making. Only what this user registered here counts.
    if (epoch === 0) return { kind: "foreign", why: "it was not registered by you in this project" };
    return { kind: "tampered", why: "active.json was changed", epoch };
  }
  // Threat: an older state put back: a version that was rolled back from, a tool that was switched off.
  if (record.epoch < epoch) return { kind: "tampered", why: "an older active.json was put back", epoch };
  return { kind: "known", record };
}

/** Lists numbers of versions that have a folder, whoever made them. */
export function versionNumbers(project: string, name: string): readonly number[] {
  return folderNames(toolFolder(project, name))
    .map((entry) => /^v([1-9]\d{0,8})$/.exec(entry)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Names in a folder; none where it cannot be read. */
export function folderNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Finds versions whose entries still hold, for a person who mends a tool whose `active.json` was changed.
 *
 * @param place Project and key.
 * @param name Name of the tool.
 * @returns Whole versions, oldest first.
 */
export function survivingVersions(place: GeneratedPlace, name: string): readonly RegisteredVersion[] {
  return versionNumbers(place.project, name).flatMap((n) => {
    const sealed = readToolFile(join(versionFolder(place.project, name, n), "entry.json"));
    if (sealed === null) return [];
    const version = { n, entry: b2(sealed) };
    return readVersion(place, name, version) === null ? [] : [version];
  });
}
