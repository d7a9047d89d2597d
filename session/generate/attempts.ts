import { SkillsError } from "../../skills/mod.ts";

/** Attempts that a name has within one turn of the person. */
const MAX_ATTEMPTS = 2;

/** Counts failed attempts at a tool, by name, until the person's next turn. */
export interface Attempts {
  /**
   * Begins an attempt: it counts as failed, whatever becomes of it, until {@link Attempts.succeeded}.
   *
   * @throws {SkillsError} `TOOL_ATTEMPTS` when there were two that failed.
   */
  begin(name: string, call: string): void;
  /** The attempt came to its end: it does not count. */
  succeeded(name: string, call: string): void;
  /** The person's next turn: all names begin anew. */
  reset(): void;
}

/**
 * Creates the counter of a session.
 *
 * Threat: a model that tries source after source until one passes, or until a person is tired of questions.
 *
 * @returns The counter.
 */
export function createAttempts(): Attempts {
  const failed = new Map<string, Set<string>>();
  return {
    begin(name, call): void {
      const calls = failed.get(name) ?? new Set();
      if (!calls.has(call) && calls.size >= MAX_ATTEMPTS) {
        throw new SkillsError(
          "TOOL_ATTEMPTS",
          `Cannot make tool "${name.slice(0, 64)}": ${MAX_ATTEMPTS} attempts failed in this turn`,
          { hint: "tell the person what does not work; another attempt can be made in their next turn" },
        );
      }
      failed.set(name, calls.add(call));
    },
    succeeded(name, call): void {
      failed.get(name)?.delete(call);
    },
    reset: () => failed.clear(),
  };
}
