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
// What people put around a word when they write a sentence.
const EDGES = /^["'`“”‘’«»()[\]{}<>,;:!?]+|["'`“”‘’«»()[\]{}<>,;:!?.]+$/gu;

/**
 * Creates an empty quote table.
 *
 * A single word quotes when it has at least three characters; a command quotes only as one contiguous run of typed
 * words, so that an injected text cannot assemble a command from words of different sentences.
 *
 * @returns The table.
 */
export function createQuotes(): QuoteTable {
  const learnt: string[] = [];
  const runs: string[] = [];
  return {
    learnt,
    learn(typed: string): void {
      if (learnt.length >= MAX_TEXTS) return;
      learnt.push(typed);
      const words = typed.split(/\s+/u);
      runs.push(joined(words));
      // Of a URL only the origin counts: the rest is content.
      for (const word of words) {
        const url = URL.parse(word.replaceAll(EDGES, ""));
        if (url?.protocol === "https:" || url?.protocol === "http:") {
          runs.push(joined([url.origin]), joined([url.host]));
        }
      }
    },
    quotes(words: readonly string[]): boolean {
      if (words.length === 0 || words.join("").length < MIN_LETTERS) return false;
      if (words.some((word) => word === "" || /\s/u.test(word))) return false;
      const run = joined(words);
      return run.length > 2 && runs.some((text) => text.includes(run));
    },
  };
}

// Words between separators that no word can hold, so that `includes` compares whole words only.
function joined(words: readonly string[]): string {
  return `\n${words.map((word) => word.replaceAll(EDGES, "")).filter((word) => word !== "").join("\n")}\n`;
}
