import { type Automaton, buildAutomaton, MAX_PATTERN_BYTES } from "./automaton.ts";
import { type Encoding, spellingsOf } from "./encodings.ts";

/** What a pattern of the automaton stands for. */
export interface KnownPattern {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  /** Index of the value, in the order of `add`. */
  readonly value: number;
}

/** Every spelling of every value that the process knows, and the automaton over them. */
export class KnownValues {
  readonly #patterns: KnownPattern[] = [];
  #values = 0;
  #bytes = 0;
  #automaton: Automaton | null = null;

  /** Grows with each value; an automaton of an older generation does not know the newer values. */
  get generation(): number {
    return this.#values;
  }

  /**
   * Takes in a value and returns its index.
   *
   * @throws {RangeError} When the tables would become too large; nothing was added then.
   */
  add(value: Uint8Array): number {
    const spellings = spellingsOf(value);
    const bytes = spellings.reduce((sum, spelling) => sum + spelling.bytes.length, this.#bytes);
    if (bytes > MAX_PATTERN_BYTES) throw new RangeError(`${bytes} pattern bytes`);
    const index = this.#values++;
    for (const spelling of spellings) this.#patterns.push({ ...spelling, value: index });
    this.#bytes = bytes;
    this.#automaton = null;
    return index;
  }

  /** The automaton over all values, built when it is first needed; `null` without values. */
  automaton(): Automaton | null {
    if (this.#patterns.length === 0) return null;
    this.#automaton ??= buildAutomaton(this.#patterns);
    return this.#automaton;
  }

  /** What a pattern stands for. */
  pattern(index: number): KnownPattern | undefined {
    return this.#patterns[index];
  }
}
