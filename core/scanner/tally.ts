import type { Redaction } from "../redactor.ts";
import type { Classification } from "../words.ts";

/** Counts what was masked, by class and rule. */
export class Tally {
  readonly #counts = new Map<string, { readonly class: Classification; count: number; readonly by: string }>();

  /** Counts one span more. */
  add(masked: { readonly class: Classification; readonly by: string }): void {
    const key = `${masked.class} ${masked.by}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { class: masked.class, count: 1, by: masked.by });
    else known.count++;
  }

  /** The counts so far, as a copy. */
  list(): readonly Redaction[] {
    return [...this.#counts.values()].map((entry) => ({ ...entry }));
  }
}
