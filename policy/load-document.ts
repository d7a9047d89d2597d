import type { Layer } from "../core/mod.ts";
import type { ParsedPolicy } from "./document.ts";
import { checkEmbedded } from "./embedded-tests.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { PathRoots } from "./path-syntax.ts";

/** Where a document would count. */
export interface DocumentPlace {
  /** The layer it would be. */
  readonly layer: Layer;
  /** What `${…}` stands for. */
  readonly roots: PathRoots;
  /** Spellings of `$AGENTZERO_HOME`. */
  readonly homes: readonly string[];
}

/**
 * Reads a policy file and runs its tests and examples: what `load` means everywhere.
 *
 * @param bytes The file.
 * @param place Roots and layer.
 * @returns The document, or every problem.
 */
export function loadDocument(bytes: Uint8Array | string, place: DocumentPlace): ParsedPolicy {
  const parsed = parsePolicy(bytes);
  if (!parsed.ok) return parsed;
  const failed = checkEmbedded(parsed.document, place);
  return failed.length === 0 ? parsed : { ok: false, document: null, problems: failed };
}
