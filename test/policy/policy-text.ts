import type { PolicyLayer } from "../../policy/compiled-policy.ts";
import type { PolicyDocument } from "../../policy/document.ts";
import { parsePolicy } from "../../policy/parse-policy.ts";

/** Parses a policy that must be well-formed; rules in flow style, one a line, without `version`. */
export function documentOf(text: string): PolicyDocument {
  const parsed = parsePolicy(text.includes("version:") ? text : `version: 2\nrules:\n${indent(text)}`);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => `${problem.line}: ${problem.message}`).join("; "));
  return parsed.document;
}

/** A granting layer of the user around a policy. */
export function layerOf(text: string, more: Partial<PolicyLayer> = {}): PolicyLayer {
  return {
    layer: "user",
    document: documentOf(text),
    sha256: "sha256:fake",
    path: "policy.yml",
    grants: true,
    ...more,
  };
}

function indent(rules: string): string {
  const lines = rules.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.map((line) => `  - { ${line} }\n`).join("") || "  []\n";
}
