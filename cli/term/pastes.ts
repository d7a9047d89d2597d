/** An input with what was pasted into it. */
export interface PastedInput {
  readonly text: string;
  /** Each stands in `text` as a mark, `[paste N: M lines]`, N from 1. */
  readonly pastes: readonly string[];
}

const MARK = /\[paste (\d{1,6}): /g;

/**
 * Leaves out the pastes whose marks were deleted, which are not sent, and numbers the others anew.
 *
 * @param input The input.
 * @returns Text and pastes that fit each other.
 */
export function keptPastes(input: PastedInput): PastedInput {
  const kept = input.pastes.flatMap((text, at) => input.text.includes(`[paste ${at + 1}: `) ? [{ text, at }] : []);
  const numbers = new Map(kept.map(({ at }, index) => [at + 1, index + 1]));
  return { text: renumbered(input.text, (old) => numbers.get(old) ?? null), pastes: kept.map(({ text }) => text) };
}

/**
 * Makes one input of several, a line each.
 *
 * @param inputs In order; empty ones leave no line.
 * @returns The input, its pastes numbered through.
 */
export function joinInputs(inputs: readonly PastedInput[]): PastedInput {
  const texts: string[] = [];
  const pastes: string[] = [];
  for (const input of inputs) {
    const { length } = pastes;
    if (input.text !== "") {
      texts.push(renumbered(input.text, (old) => old >= 1 && old <= input.pastes.length ? old + length : null));
    }
    pastes.push(...input.pastes);
  }
  return { text: texts.join("\n"), pastes };
}

function renumbered(text: string, numberOf: (old: number) => number | null): string {
  return text.replace(MARK, (mark, digits: string) => {
    const number = numberOf(Number(digits));
    return number === null ? mark : `[paste ${number}: `;
  });
}
