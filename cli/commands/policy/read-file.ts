import { relative, resolve } from "node:path";
import { sha256 } from "../../../core/mod.ts";
import { PolicyError, type PolicyProblem, projectPolicyFile, readPolicyFile } from "../../../policy/mod.ts";

/** A file named on the command line. */
export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  /** As it was named. */
  readonly shown: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** A file that cannot be read safely. */
export interface UnreadableFile {
  readonly path: string;
  readonly shown: string;
  readonly problem: PolicyProblem;
}

/**
 * Reads a policy file that a person named.
 *
 * @param cwd Folder that the name starts from.
 * @param shown The name.
 * @returns Its bytes, or why it is refused.
 * @throws {PolicyError} `POLICY_MISSING` when there is none.
 */
export function readNamedFile(cwd: string, shown: string): NamedFile | UnreadableFile {
  const path = resolve(cwd, shown);
  const file = readPolicyFile(path);
  if (file.kind === "missing") {
    throw new PolicyError("POLICY_MISSING", `Cannot read "${shown}": there is no such file`, {
      hint: "name an existing policy file, or run `agentzero init`",
    });
  }
  if (file.kind === "unsafe") return { path, shown, problem: file.problem };
  return { path, shown, bytes: file.bytes, sha256: sha256(file.bytes) };
}

/** Names the policy of a project as somebody in this folder would. */
export function ownPolicyFile({ cwd }: { readonly cwd: string }, project: string): string {
  const path = projectPolicyFile(project);
  const inside = relative(cwd, path);
  return inside.startsWith("..") ? path : inside;
}
