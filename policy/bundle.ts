import { join } from "node:path";
import { type Clock, isSha256, isWord, type Layer, LAYERS } from "../core/mod.ts";
import type { PolicyDocument } from "./document.ts";
import { DAY_MS } from "./duration.ts";
import type { PolicyKeys } from "./engine-types.ts";
import { isRecord, type MacUse, openJson, sealJson } from "./mac.ts";
import { PolicyError } from "./errors.ts";
import { isLink } from "./sources.ts";
import { moveAway, readStateText, writeStateText } from "./state-file.ts";

/** Changes whenever what a document means changes: an older bundle is then rebuilt. */
export const ENGINE_VERSION = "azpolicy/1";

/** How long an old bundle may stand in for a broken file. */
export const STAND_IN_MS: number = 7 * DAY_MS;

/** A layer as it was when the bundle was made. */
export interface BundleLayer {
  /** Which of the layers; whether it grants is not stored but asked anew. */
  readonly layer: Layer;
  /** Where the file stood, absolute. */
  readonly path: string;
  /** `sha256:` of the bytes the document was read from; other bytes on disk make the bundle stale. */
  readonly sha256: string;
  /** The checked document; its globs are compiled when it is loaded. */
  readonly document: PolicyDocument;
}

/** Checked documents of all layers of one project. */
export interface PolicyBundle {
  /** Real path of the project it was made for; it counts nowhere else. */
  readonly project: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The documents that were in force, outermost layer first. */
  readonly layers: readonly BundleLayer[];
}

/** Where bundles stand and how they are protected. */
export interface BundleStore {
  /** Real path of the project. */
  readonly project: string;
  /** Derives the key of the bundle's MAC. */
  readonly keys: PolicyKeys;
  /** Says when a bundle was made. */
  readonly clock: Clock;
}

const USE: MacUse = { label: "az/policy/v1", kind: "bundle" };

/** The file of the bundle in force, or of the one before. */
export function bundleFile(project: string, which: "active" | "lkg"): string {
  return join(project, ".agentzero", "state", `${which}.json`);
}

/**
 * Reads a bundle.
 *
 * @param store Where.
 * @param which In force, or last known good.
 * @returns The bundle, or `null` when it is missing, forged, of another engine or another project.
 */
export function readBundle(
  { project, keys }: Pick<BundleStore, "project" | "keys">,
  which: "active" | "lkg",
): PolicyBundle | null {
  const { text } = readStateText(bundleFile(project, which));
  // Threat: a clone that brings its own bundle. Only this user's key makes a MAC that holds.
  const content = text === null ? null : openJson(keys, USE, text);
  if (content === null || content["engine"] !== ENGINE_VERSION || content["project"] !== project) return null;
  const { at, layers } = content;
  return typeof at === "number" && Array.isArray(layers) && layers.every(isLayer) ? { project, at, layers } : null;
}

/**
 * Stores the documents in force; the old bundle becomes the last known good one.
 *
 * @param store Where.
 * @param layers The checked documents.
 * @throws {PolicyError} `STATE_WRITE`.
 */
export function writeBundle(store: BundleStore, layers: readonly BundleLayer[]): void {
  const { project, keys, clock } = store;
  const at = Math.floor(clock.now());
  const folder = join(project, ".agentzero");
  // Threat: a clone that links its state folder to where a file of ours would do harm.
  if (isLink(folder) || isLink(join(folder, "state"))) {
    throw new PolicyError("STATE_WRITE", `Cannot write the policy bundle: a folder of "${folder}" is a link`);
  }
  const text = sealJson(keys, USE, { engine: ENGINE_VERSION, project, at, layers });
  const active = bundleFile(project, "active");
  writeStateText(active, text, () => moveAway(active, bundleFile(project, "lkg")));
}

/** Tells whether a bundle is young enough to stand in for a broken file. */
export function canStandIn({ at }: PolicyBundle, now: number): boolean {
  return now - at >= -DAY_MS && now - at <= STAND_IN_MS;
}

function isLayer(value: unknown): value is BundleLayer {
  return isRecord(value) && isWord(LAYERS, value["layer"]) && typeof value["path"] === "string" &&
    isSha256(value["sha256"]) && isRecord(value["document"]) && value["document"]["version"] === 2;
}
