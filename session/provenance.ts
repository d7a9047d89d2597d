import { isUntrusted, type Label } from "../core/mod.ts";
import type { PolicyEngine } from "../policy/mod.ts";
import type { QuoteTable } from "./quotes.ts";

/** Who proposes a call and whether untrusted text may have shaped its arguments. */
export interface Provenance {
  /** For people and the record: `model`, `person`, a skill id. */
  readonly actor: string;
  /** Join of the labels of everything the proposer had seen. */
  readonly label: Label;
  /**
   * Tells whether a control-relevant argument is tainted: shaped by untrusted text and not quoted from the person.
   *
   * @param words The argument as words: one for a path, every word for a command.
   */
  tainted(words: readonly string[]): boolean;
}

/**
 * The provenance of what a person typed: never tainted.
 *
 * @param label Label of the typed text.
 * @returns The provenance.
 */
export function fromPerson(label: Label): Provenance {
  return { actor: "person", label, tainted: () => false };
}

/**
 * The provenance of what a model wrote. Once anything untrusted was sent to it, all it writes is tainted, except
 * arguments that equal words the person typed, or literals of a policy that the person trusted: those the person chose,
 * whatever the model read.
 *
 * @param context Join of the labels of everything in the context.
 * @param chosen Words of the person, and the policy.
 * @returns The provenance.
 */
export function fromModel(
  context: Label,
  chosen: { readonly quotes: QuoteTable; readonly policy: Pick<PolicyEngine, "quotes"> },
): Provenance {
  const { quotes, policy } = chosen;
  function isChosen(words: readonly string[]): boolean {
    return quotes.quotes(words) || policy.quotes(words, (word) => quotes.quotes([word]));
  }
  const untrusted = isUntrusted(context);
  return {
    actor: "model",
    label: context,
    tainted: (words) => untrusted && !isChosen(words),
  };
}
