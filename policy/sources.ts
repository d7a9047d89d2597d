import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Layer, sha256 } from "../core/mod.ts";
import type { PolicyProblem } from "./document.ts";
import type { PolicyOptions } from "./engine-types.ts";
import { readSmallFile, type Stamp, stampOf, type UnsafeFile } from "./state-file.ts";
import { YAML_LIMITS } from "./yaml-limits.ts";

/** A place where a policy file may stand. */
export interface PolicySource {
  readonly layer: Layer;
  readonly path: string;
  /** `true` when a foreign owner or an open mode refuses it: files that count without being trusted by hash. */
  readonly owned: boolean;
}

/** A source as read: no file, bytes with their hash, or why it cannot be used. */
export type SourceState =
  | { readonly kind: "missing"; readonly stamp: Stamp }
  | { readonly kind: "unsafe"; readonly stamp: Stamp; readonly problem: PolicyProblem }
  | { readonly kind: "read"; readonly stamp: Stamp; readonly bytes: Uint8Array; readonly sha256: string };

/** The policy file of a project. */
export function projectPolicyFile(project: string): string {
  return join(project, ".agentzero", "policy.yml");
}

/** Lists the sources that count, outermost first. */
export function policySources(
  options: Pick<PolicyOptions, "systemFile" | "home" | "project">,
): readonly PolicySource[] {
  const { systemFile, home, project } = options;
  return [
    { layer: "system", path: systemFile, owned: true },
    { layer: "user", path: join(home, "policy.yml"), owned: true },
    ...(project === null ? [] : [{ layer: "project", path: projectPolicyFile(project), owned: false } as const]),
  ];
}

/**
 * Reads one source.
 *
 * @param source Which.
 * @returns Bytes and hash; a link, a folder, a foreign owner or a huge file is `unsafe`, which is broken, not missing.
 */
export function readSource(source: PolicySource): SourceState {
  // The stamp is taken first: a change during the read shows as a change afterwards.
  const stamp = stampOf(source.path);
  if (source.layer === "project" && isLink(dirname(source.path))) {
    // Threat: a clone whose `.agentzero` leads to a folder that somebody else controls, or that we would write into.
    return { kind: "unsafe", stamp, problem: unsafeProblem(LINKED_FOLDER) };
  }
  const file = readSmallFile(source.path, { maxBytes: YAML_LIMITS.bytes, owned: source.owned });
  switch (file.kind) {
    case "missing":
      return { kind: "missing", stamp };
    case "unsafe":
      return { kind: "unsafe", stamp, problem: unsafeProblem(file) };
    case "read":
      return { kind: "read", stamp, bytes: file.bytes, sha256: sha256(file.bytes) };
    default:
      return file satisfies never;
  }
}

/** Tells whether a path is a symbolic link. */
export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

const LINKED_FOLDER = {
  code: "POLICY_PERM",
  message: "its folder is a link",
  hint: "replace the link by the folder itself",
} as const;

function unsafeProblem({ code, message, hint }: Omit<UnsafeFile, "kind">): PolicyProblem {
  return { code, level: "error", line: 1, col: 1, message, hint };
}

/**
 * Reads a policy file that somebody names: regular, no link, bounded; the owner does not matter, since it counts for
 * nothing yet.
 *
 * @param path An absolute path.
 * @returns The bytes, nothing, or why it is refused.
 */
export function readPolicyFile(path: string): SourceState {
  return readSource({ layer: "user", path, owned: false });
}
