import { capMiddle, type Classification, joinLabels, type Label, labelOf, type TrustLabel } from "../core/mod.ts";
import type { Redaction, Redactor } from "../core/mod.ts";
import type { Presented } from "./tools/tool.ts";

/** Output that may leave the gate. */
export interface LabelledOutput {
  readonly text: string | null;
  readonly truncated: boolean;
  readonly redactions: readonly Redaction[];
  readonly label: Label;
  /** Classes that detectors found in what is left after masking. */
  readonly detected: readonly Classification[];
}

/** How to label: who made the output, what policy asks for, how much may go on. */
export interface LabelRules {
  readonly trust: TrustLabel;
  /** Classes of the actions that made it. */
  readonly classes: readonly Classification[];
  /** Classes that a rule obliges us to mask. */
  readonly redact: readonly Classification[];
  /** Look for credential shapes and personal data, to raise the class of what a model will see. */
  readonly detect: boolean;
  readonly maxBytes: number;
}

/**
 * Masks, classifies, caps and labels what an effect gave (step 7 of the life of a call).
 *
 * Exact values are masked always and first; heuristic hits are masked where a rule asks for it and raise the class
 * otherwise. Masked spans no longer count: the value is gone.
 *
 * @param redactor Knows every secret value of the process.
 * @param presented Raw output of a tool.
 * @param rules Who, what, how much.
 * @returns Text that is safe to show, and its label.
 * @throws {CoreError} `REDACTION_FAILED`; the caller withholds the output.
 */
export async function labelOutput(
  redactor: Redactor,
  presented: Presented,
  rules: LabelRules,
): Promise<LabelledOutput> {
  const classes = new Set<Classification>([...rules.classes, ...presented.classes]);
  let text = presented.output;
  let truncated = presented.truncated;
  const redactions: Redaction[] = [];
  const detected = new Set<Classification>();
  if (text !== null) {
    const exact = redactor.mask(text);
    text = exact.text;
    redactions.push(...exact.redactions);
    if (rules.redact.length > 0) {
      const masked = await redactor.maskDetected(text, rules.redact);
      text = masked.text;
      redactions.push(...masked.redactions);
    }
    if (rules.detect) {
      for (const hit of await redactor.detect(text)) detected.add(hit.class);
    }
    const capped = capMiddle(text, rules.maxBytes);
    text = capped.text;
    truncated ||= capped.dropped > 0;
  }
  const base = labelOf(rules.trust, [...classes]);
  return {
    text,
    truncated,
    redactions,
    label: joinLabels([base, { ...base, sources: presented.sources }]),
    detected: [...detected],
  };
}

/**
 * Adds up redactions by class, as the JSON contract shows them.
 *
 * @param redactions Redactions with the rule that found them.
 * @returns One entry a class, in order of first appearance.
 */
export function sumRedactions(
  redactions: readonly Redaction[],
): readonly { readonly class: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { class: name, count } of redactions) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts].map(([name, count]) => ({ class: name, count }));
}
