import type { shape } from "../core/mod.ts";
import { showText } from "./visible-text.ts";

/**
 * Says what does not fit in a file from elsewhere: where it stands, what is wrong, which keys nobody knows.
 *
 * @param issues What decoding found; the first counts.
 * @returns e.g. `skills.0.seq: expected an integer, saw a string`; visible text.
 */
export function misfitText([issue]: readonly shape.Misfit[]): string {
  if (issue === undefined) return "it does not fit";
  const where = issue.path.length === 0 ? "" : `${showText(issue.path.join("."))}: `;
  const keys = issue.keys.length === 0 ? "" : ` "${showText(issue.keys.join(", "))}"`;
  return `${where}${issue.message}${keys}`;
}
