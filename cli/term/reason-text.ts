import type { Verdict } from "../../core/mod.ts";

/** What a rule without a reason of its own says: its name and effect, which stand beside it anyway. */
const OWN_WORDS = ["allows it", "allows it, masked", "asks first", "denies it"];

/**
 * Gives the reason of a verdict as a person reads it behind the name of the rule: without the code that programs go by.
 *
 * @param verdict Whose reason.
 * @returns The sentence, not sanitised; `null` where it would only say the rule's name and effect again.
 */
export function reasonText({ reason, rule }: Pick<Verdict, "reason" | "rule">): string | null {
  const sentence = reason.replace(/^[a-z_]+: /, "");
  return OWN_WORDS.some((words) => sentence === `"${rule ?? ""}" ${words}`) ? null : sentence;
}
