import type { Matchers } from "./matchers.ts";
import type { Holds, MatchMode } from "./rule-test.ts";
import { compileWords, hasOption, matchWords, optionsListed } from "./word-pattern.ts";

/** Compiles `argv`; in a grant together with the `options` that may stand among the words. */
export function testArgv({ argv = [], options = [] }: Matchers, mode: MatchMode): Holds {
  const patterns = argv.map(compileWords);
  const strict = mode === "grant" || mode === "except";
  // In a grant an option nobody listed is a way out: `git log --output=FILE` writes.
  const words = { pathForms: mode === "deny" || mode === "tighten", options: strict ? options : null };
  return ({ target }) => {
    if (target.kind !== "command" || target.argv === null) return false;
    for (const pattern of patterns) if (matchWords(pattern, target.argv, words)) return true;
    return false;
  };
}

/** Compiles `options`; `null` where {@link testArgv} looks at them already. */
export function testOptions({ argv, options = [] }: Matchers, mode: MatchMode): Holds | null {
  const strict = mode === "grant" || mode === "except";
  if (strict && argv !== undefined) return null;
  return ({ target }) => {
    if (target.kind !== "command" || target.argv === null) return false;
    return strict ? optionsListed(options, target.argv, 1) : hasOption(options, target.argv);
  };
}
