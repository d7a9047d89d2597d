import type { Classification } from "../../../core/mod.ts";

/** How grave a finding is, from mild to grave. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];

/** Something that was found; never a character of a value. */
export interface RepoFinding {
  /** `secret/…`, `pii/…`, `injection/…`, `script/…` or `exposure/…`. */
  readonly rule: string;
  readonly severity: Severity;
  /** Relative to the project. */
  readonly path: string;
  /** From 1; `null` for a file as a whole. */
  readonly line: number | null;
  readonly class: Classification | null;
  /** Length of what was found, in characters; `null` for a file as a whole. */
  readonly length: number | null;
  /** Equal for equal values within this run; `null` where there is no value. */
  readonly tag: string | null;
}

/** A file or folder that was not looked into. */
export interface SkippedPath {
  readonly path: string;
  readonly why: string;
}

/** What is looked for in one file. */
export interface FileText {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
  /** Number of the line that an offset stands in. */
  lineAt(offset: number): number;
}

/**
 * Prepares a text for rules that name lines.
 *
 * @param path Where it was read.
 * @param text Its content.
 * @returns The text with its lines counted on demand.
 */
export function fileText(path: string, text: string): FileText {
  let starts: number[] | null = null;
  function count(): number[] {
    const found = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) found.push(at + 1);
    return found;
  }
  return {
    path,
    text,
    lineAt(offset): number {
      starts ??= count();
      let low = 0;
      let high = starts.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle;
      }
      return low + 1;
    },
  };
}

/**
 * Makes the finding of a pattern in a text; nothing of what matched is kept.
 *
 * @param file The text.
 * @param match Where it matched.
 * @param of The rule, and how grave it is here.
 * @returns The finding.
 */
export function matchFinding(
  file: FileText,
  match: RegExpExecArray,
  { rule, severity }: Pick<RepoFinding, "rule" | "severity">,
): RepoFinding {
  return {
    rule,
    severity,
    path: file.path,
    line: file.lineAt(match.index),
    class: null,
    length: match[0].length,
    tag: null,
  };
}

/** Tells whether a severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}
