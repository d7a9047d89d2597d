import type { PolicyProblem, Position } from "./document.ts";
import { PolicyError, type PolicyErrorCode } from "./errors.ts";

/** How many problems of one file are told. */
export const MAX_PROBLEMS = 50;

/** What a problem says besides its code and place. */
export interface ProblemText {
  readonly message: string;
  readonly hint?: string;
}

/** Collects what is wrong with one file. */
export class Problems {
  readonly #list: PolicyProblem[] = [];

  /** Notes an error; beyond {@link MAX_PROBLEMS} only the first ones are kept. */
  add(code: PolicyErrorCode, at: Position, text: ProblemText): void {
    if (this.#list.length >= MAX_PROBLEMS) return;
    this.#list.push({
      code,
      level: "error",
      line: at.line,
      col: at.col,
      message: text.message,
      hint: text.hint ?? null,
    });
  }

  /** Runs a check that throws {@link PolicyError} and notes the failure here. */
  catching(at: Position, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.add(error.code, at, { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    }
  }

  /** Tells whether nothing was noted. */
  get none(): boolean {
    return this.#list.length === 0;
  }

  /** What was noted, in the order of the file. */
  list(): readonly PolicyProblem[] {
    return this.#list.toSorted((a, b) => a.line - b.line || a.col - b.col);
  }
}

/** Says a problem in one line: `line 4: unknown key "alow"`. */
export function describeProblem(problem: PolicyProblem): string {
  return `line ${problem.line}: ${problem.message}`;
}
