import type { ProblemCode } from "./errors.ts";

/** Something that `verify` found wrong. */
export interface Problem {
  /** What kind of damage it is. */
  readonly code: ProblemCode;
  /** The event it concerns, or the last sound one before it; `null` when it concerns no place of a segment. */
  readonly seq: number | null;
  /** What was seen, for people. */
  readonly detail: string;
}
