import { structuredPatch } from "diff";
import { sanitizeLine } from "./sanitize.ts";

/** Longest indentation shown as it is. */
const MAX_INDENT = 60;
/** How long a difference may take to find. */
const TIMEOUT_MS = 1_000;

/**
 * Compares two texts line by line: unified, three lines of context, safe for a terminal.
 *
 * @example
 * ```ts
 * unifiedDiff("a\n", "b\n"); // ["@@ -1,1 +1,1 @@", "-a", "+b"]
 * ```
 * @param before The text now, `null` when there is none.
 * @param after The text afterwards, `null` when there will be none.
 * @returns Lines that start with `@@`, blank, `-` or `+`; none when nothing differs.
 */
export function unifiedDiff(before: string | null, after: string | null): readonly string[] {
  const crlf = isCrlf(before) && isCrlf(after);
  const patch = structuredPatch("", "", before ?? "", after ?? "", "", "", { context: 3, timeout: TIMEOUT_MS });
  if (patch === undefined) return wholeTexts(before, after);
  return patch.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines.map((line) => showLine(line, crlf)),
  ]);
}

/** Too different to be compared in time: all that goes, then all that comes. */
function wholeTexts(before: string | null, after: string | null): readonly string[] {
  return [
    "@@ the texts differ too much to be compared: all of both follows @@",
    ...linesOf(before).map((line) => showLine(`-${line}`, false)),
    ...linesOf(after).map((line) => showLine(`+${line}`, false)),
  ];
}

function linesOf(text: string | null): readonly string[] {
  if (text === null || text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}

function isCrlf(text: string | null): boolean {
  return text === null || (text.includes("\r\n") && !/[^\r]\n/.test(text));
}

/** Makes one line of a difference safe; its first character is the mark. */
function showLine(line: string, crlf: boolean): string {
  const mark = line.slice(0, 1);
  const text = crlf && line.endsWith("\r") ? line.slice(1, -1) : line.slice(1);
  const indent = Math.min(text.length - text.trimStart().length, MAX_INDENT);
  const blanks = /^ */.exec(text.slice(0, indent))?.[0].length ?? 0;
  // A tab stays one visible sign, so that a line that changed only in its blanks does not look the same twice.
  return `${mark}${" ".repeat(blanks)}${sanitizeLine(text.slice(blanks)).replaceAll("\\t", "→   ")}`;
}

/**
 * Counts what a difference adds and removes.
 *
 * @param lines Result of {@link unifiedDiff}.
 * @returns Numbers of lines.
 */
export function countDiff(lines: readonly string[]): { readonly added: number; readonly removed: number } {
  return {
    added: lines.filter((line) => line.startsWith("+")).length,
    removed: lines.filter((line) => line.startsWith("-")).length,
  };
}
