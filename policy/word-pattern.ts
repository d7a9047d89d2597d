import type { WordPattern } from "./matchers.ts";
import { hasWildcard, matchText } from "./text-glob.ts";

/** A compiled {@link WordPattern}. */
export interface CompiledWords {
  readonly pattern: WordPattern;
  readonly words: readonly (readonly CompiledWord[])[];
  readonly rest: boolean;
}

interface CompiledWord {
  readonly glob: string;
  readonly wild: boolean;
  /** `true` when it starts with a wildcard: such a word never matches a leading `-`. */
  readonly leadingWild: boolean;
}

/** Compiles a word pattern. */
export function compileWords(pattern: WordPattern): CompiledWords {
  return { pattern, rest: pattern.rest, words: pattern.words.map((choices) => choices.map(compileWord)) };
}

function compileWord(glob: string): CompiledWord {
  return { glob, wild: hasWildcard(glob), leadingWild: glob.startsWith("*") || glob.startsWith("?") };
}

/** How strictly words are matched. */
export interface WordsMode {
  /** `true` for a `deny`: a bare program name also hits its path forms. */
  readonly pathForms: boolean;
  /** Options that further words may have, or `null` when further words are not looked at. */
  readonly options: readonly string[] | null;
}

/**
 * Matches the words of a command.
 *
 * @example
 * ```ts
 * matchWords(compileWords({ words: [["npm"], ["test", "ci"]], rest: false }), ["npm", "ci"], mode); // true
 * ```
 * @param compiled A compiled pattern.
 * @param argv The words of one plain command.
 * @param mode See {@link WordsMode}.
 * @returns `true` when every word matches; a pattern without a last `"..."` has exactly as many words.
 */
export function matchWords(compiled: CompiledWords, argv: readonly string[], mode: WordsMode): boolean {
  const { words } = compiled;
  if (compiled.rest ? argv.length < words.length : argv.length !== words.length) return false;
  for (let i = 0; i < words.length; i++) {
    const word = argv[i] ?? "";
    const choices = words[i] ?? [];
    if (choices.some((choice) => matchWord(choice, word))) continue;
    if (i !== 0 || !mode.pathForms || !choices.some((choice) => matchProgram(choice, word))) return false;
  }
  return mode.options === null || optionsListed(mode.options, argv, words.length);
}

/**
 * Tells whether every option among the further words is listed.
 *
 * @param options Option globs, e.g. `--porcelain` or `--format=*`.
 * @param argv The words of a command.
 * @param from The first further word.
 * @returns `false` when a word before `--` starts with `-` and no glob matches it.
 */
export function optionsListed(options: readonly string[], argv: readonly string[], from: number): boolean {
  for (let i = from; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") return true;
    if (word.startsWith("-") && !options.some((glob) => matchText(glob, word))) return false;
  }
  return true;
}

/**
 * Tells whether any option of a command matches a glob: what `options` means in a rule that restricts. Words behind
 * `--` count too, since wrappers hand them on (`npm run x -- --force`).
 */
export function hasOption(options: readonly string[], argv: readonly string[]): boolean {
  return argv.some((word, i) => i > 0 && word.startsWith("-") && options.some((glob) => matchText(glob, word)));
}

function matchWord(choice: CompiledWord, word: string): boolean {
  if (!choice.wild) return choice.glob === word;
  if (choice.leadingWild && word.startsWith("-")) return false;
  return matchText(choice.glob, word);
}

// Threat: `/bin/rm`, `./rm` or `../../bin/rm` where a rule denies `rm`.
function matchProgram(choice: CompiledWord, word: string): boolean {
  if (choice.glob.includes("/") || !word.includes("/")) return false;
  return matchWord(choice, word.slice(word.lastIndexOf("/") + 1));
}
