import { join } from "node:path";
import { type Label, labelOf, readOwnFile, sha256 } from "../../core/mod.ts";
import { type PolicyEngine, readPolicyFile, trustOf } from "../../policy/mod.ts";
import type { Installation } from "./installation.ts";

/** What a model is told besides the person's words. */
export interface Instructions {
  readonly parts: readonly { readonly text: string; readonly label: Label }[];
  /** For the person: files that do not count. */
  readonly notices: readonly string[];
}

/** Larger instructions are not loaded. */
const MAX_BYTES = 32 * 1_024;
const NAME = "AGENTS.md";

/**
 * Finds the instructions for models: the person's own, and those of a project that were trusted together with its policy.
 *
 * Threat: a clone that tells the agent what to do before its owner has read a line of it. Text that nobody vouched for
 * is not loaded at all; text that changed since is untrusted again.
 *
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @returns Texts with label `policy`; they are no quotes of the person.
 */
export function findInstructions(
  installation: Installation,
  of: { readonly project: string | null; readonly policy: PolicyEngine },
): Instructions {
  const parts: Instructions["parts"][number][] = [];
  const notices: string[] = [];
  const own = readOwnFile(join(installation.home, NAME), { maxBytes: MAX_BYTES });
  if (own.kind === "ok") parts.push(part(own.bytes, "your own instructions", join(installation.home, NAME)));
  if (own.kind === "unsafe") notices.push(`your own ${NAME} is not used: ${own.why}`);
  if (of.project !== null) {
    const file = readPolicyFile(join(of.project, NAME));
    if (file.kind === "read" && file.bytes.length > MAX_BYTES) {
      notices.push(`${NAME} is not used: it has ${file.bytes.length} bytes, more than ${MAX_BYTES}`);
    } else if (file.kind === "read" && isTrusted(installation, { ...of, project: of.project }, file.bytes)) {
      parts.push(part(file.bytes, "the instructions of this project", NAME));
    } else if (file.kind === "read") {
      notices.push(`${NAME} is not used: nobody vouched for it (agentzero policy trust); @${NAME} sends it as data`);
    }
  }
  return { parts, notices };
}

function isTrusted(
  installation: Installation,
  of: { readonly project: string; readonly policy: PolicyEngine },
  bytes: Uint8Array,
): boolean {
  const grants = of.policy.generation.layers.some(({ layer, grants: counts }) => layer === "project" && counts);
  return grants && trustOf(installation, of.project)?.agents === sha256(bytes);
}

function part(bytes: Uint8Array, what: string, source: string): Instructions["parts"][number] {
  const text = new TextDecoder().decode(bytes);
  return { text: `${what} (${source}):\n${text}`, label: labelOf("policy", ["private"], source) };
}
