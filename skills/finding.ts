import type { SkillsErrorCode } from "./errors.ts";

/** One thing that is wrong with a skill, as `skill validate` prints it. */
export interface SkillFinding {
  /** Reason code. */
  readonly code: SkillsErrorCode;
  /** File inside the skill, or `null` when it is about the whole. */
  readonly path: string | null;
  /** Line in that file, from 1, or `null`. */
  readonly line: number | null;
  /** What was seen: quoted, without full stop. */
  readonly message: string;
  /** What to do, or `null`. */
  readonly hint: string | null;
}

/** Collects findings in the order they are met. */
export class Findings {
  readonly #all: SkillFinding[] = [];

  /** Adds one. */
  add(code: SkillsErrorCode, message: string, place: FindingPlace = {}): void {
    this.#all.push({ code, path: place.path ?? null, line: place.line ?? null, message, hint: place.hint ?? null });
  }

  /** Adds those that another step found. */
  addAll(findings: readonly SkillFinding[]): void {
    this.#all.push(...findings);
  }

  /** All so far, in order. */
  get all(): readonly SkillFinding[] {
    return [...this.#all];
  }

  /** The first, or `null`. */
  get first(): SkillFinding | null {
    return this.#all[0] ?? null;
  }

  /** How many. */
  get count(): number {
    return this.#all.length;
  }
}

/** Where a finding is and what to do about it. */
export interface FindingPlace {
  /** File inside the skill. */
  readonly path?: string | null | undefined;
  /** Line in it, from 1. */
  readonly line?: number | null | undefined;
  /** What to do. */
  readonly hint?: string | null | undefined;
}
