import { join } from "node:path";
import { type Label, labelOf, readOwnFile } from "../../core/mod.ts";
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
  const ownText = own.kind === "ok" ? textOf(own.bytes) : null;
  if (ownText !== null) parts.push(part(ownText, "your own instructions", join(installation.home, NAME)));
  else if (own.kind === "ok") notices.push(`your own ${NAME} is not used: ${NO_TEXT}`);
  if (own.kind === "unsafe") notices.push(`your own ${NAME} is not used: ${own.why}`);
  if (of.project !== null) {
    const file = readInstructions(of.project);
    if (file.kind === "unusable") notices.push(`${NAME} is not used: ${file.why}`);
    else if (file.kind === "text" && isTrusted(installation, { ...of, project: of.project }, file.sha256)) {
      parts.push(part(file.text, "the instructions of this project", NAME));
    } else if (file.kind === "text") {
      notices.push(
        `${NAME} is not used: nobody vouched for it (agentzero policy trust); in chat, @${NAME} sends it as data`,
      );
    }
  }
  return { parts, notices };
}

/** The instructions that a project brings, whoever vouched for them. */
export type ProjectInstructions =
  | { readonly kind: "missing" }
  /** It stands there and cannot be used, trusted or not. */
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "text"; readonly text: string; readonly sha256: string };

/**
 * Reads the `AGENTS.md` of a project, as far as it could be used: a file of its own, text, at most 32 KiB.
 *
 * @param project Real path of the project.
 * @returns The text and its hash, or why it cannot be used; a link is followed nowhere.
 */
export function readInstructions(project: string): ProjectInstructions {
  const file = readPolicyFile(join(project, NAME));
  if (file.kind === "missing") return { kind: "missing" };
  if (file.kind === "unsafe") return { kind: "unusable", why: file.problem.message };
  if (file.bytes.length > MAX_BYTES) {
    return { kind: "unusable", why: `it has ${file.bytes.length} bytes, more than ${MAX_BYTES}` };
  }
  const text = textOf(file.bytes);
  return text === null ? { kind: "unusable", why: NO_TEXT } : { kind: "text", text, sha256: file.sha256 };
}

const NO_TEXT = "it is not UTF-8 text";

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function isTrusted(
  installation: Installation,
  of: { readonly project: string; readonly policy: PolicyEngine },
  hash: string,
): boolean {
  const grants = of.policy.generation.layers.some(({ layer, grants: counts }) => layer === "project" && counts);
  return grants && trustOf(installation, of.project)?.agents === hash;
}

function part(text: string, what: string, source: string): Instructions["parts"][number] {
  return { text: `${what} (${source}):\n${text}`, label: labelOf("policy", ["private"], source) };
}
