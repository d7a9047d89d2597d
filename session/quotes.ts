/** The words a person typed in this session: arguments that equal them are trusted although untrusted text was read. */
export interface QuoteTable {
  /** Adds typed text; text of files, pipes and multi-line pastes must never be added. */
  learn(typed: string): void;
  /** Tells whether `words` stand as one contiguous run in what was typed. */
  quotes(words: readonly string[]): boolean;
  /** What was learnt, for the sealed transcript. */
  readonly learnt: readonly string[];
}

const MIN_LETTERS = 3;
const MAX_TEXTS = 1000;
// What people put around and behind a word when they write a sentence.
const EDGES = /^["'`“”‘’«»()[\]{}<>,;:!?]+|["'`“”‘’«»()[\]{}<>,;:!?.]+$/gu;
const ENDS = /[,;:!?.]+$/u;

/** A typed word as an argument may spell it. */
type TypedWord = readonly string[];

/**
 * Creates an empty quote table.
 *
 * A single word quotes when it has at least three characters; a command quotes only as one contiguous run of typed
 * words, so that an injected text cannot assemble a command from words of different sentences.
 *
 * Punctuation is trimmed from what was typed, never from the argument. Threat: `npm test` was typed and `npm test; x`,
 * `npm >test` or `$(npm) test` counts as the same.
 *
 * @returns The table.
 */
export function createQuotes(): QuoteTable {
  const learnt: string[] = [];
  const runs: (readonly TypedWord[])[] = [];
  return {
    learnt,
    learn(typed: string): void {
      if (learnt.length >= MAX_TEXTS) return;
      learnt.push(typed);
      const words = typed.split(/\s+/u).map(spellings);
      runs.push(words);
      // Of a URL only the origin counts: the rest is content.
      for (const spelled of words) {
        const url = URL.parse(spelled.at(-1) ?? "");
        if (url?.protocol === "https:" || url?.protocol === "http:") runs.push([[url.origin]], [[url.host]]);
      }
    },
    quotes(words: readonly string[]): boolean {
      if (words.length === 0 || words.join("").length < MIN_LETTERS) return false;
      if (words.some((word) => word === "" || /\s/u.test(word))) return false;
      return runs.some((run) => holds(run, words));
    },
  };
}

/** As typed, without the end of a sentence, and without what stands around it; the barest last. */
function spellings(word: string): TypedWord {
  return [...new Set([word, word.replace(ENDS, ""), word.replaceAll(EDGES, "")])];
}

function holds(run: readonly TypedWord[], words: readonly string[]): boolean {
  for (let start = 0; start + words.length <= run.length; start++) {
    if (words.every((word, index) => run[start + index]?.includes(word) === true)) return true;
  }
  return false;
}
