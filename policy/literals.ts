import type { CompiledPolicy } from "./compiled-policy.ts";
import type { WordPattern } from "./matchers.ts";
import { compilePathGlob } from "./path-glob.ts";
import { foldPath } from "./path-syntax.ts";
import { hasWildcard, matchText } from "./text-glob.ts";

/** Tells whether words stand literally in an `allow` of a policy that grants; see {@link policyLiterals}. */
export type PolicyLiterals = (words: readonly string[], typed: (word: string) => boolean) => boolean;

/**
 * Collects what a trusted policy says literally: the words of `argv` and the whole paths of its `allow` rules. An
 * argument that equals them was chosen by the person who trusted the policy, whatever the model has read.
 *
 * @param policy Compiled layers.
 * @returns A test of words: one for a path, every word for a command. A wildcard of a pattern is no literal, so that
 * what it stands for must have been `typed`.
 */
export function policyLiterals({ tables, roots }: CompiledPolicy): PolicyLiterals {
  const allows = [...tables.shell_command.all, ...tables.file_read.all, ...tables.file_write.all].filter((rule) =>
    rule.grants && rule.effect === "allow"
  );
  const patterns = allows.flatMap(({ rule }) => rule.match.argv ?? []);
  const paths = new Set(allows.flatMap(({ rule }) =>
    (rule.match.paths ?? []).flatMap((path) => {
      const glob = compilePathGlob(path, roots);
      return glob.kind === "exact" ? [glob.path] : [];
    })
  ));
  return (words, typed) => {
    const [first] = words;
    if (first === undefined) return false;
    if (words.length === 1 && paths.has(foldPath(first, roots.fold))) return true;
    return patterns.some((pattern) => saysLiterally(pattern, words, typed));
  };
}

function saysLiterally(
  { words: choices, rest }: WordPattern,
  words: readonly string[],
  typed: (word: string) => boolean,
): boolean {
  if (rest ? words.length < choices.length : words.length !== choices.length) return false;
  return words.every((word, i) => {
    const options = choices[i] ?? [];
    if (options.includes(word) && !hasWildcard(word)) return true;
    return (i >= choices.length || options.some((glob) => hasWildcard(glob) && matchText(glob, word))) && typed(word);
  });
}
