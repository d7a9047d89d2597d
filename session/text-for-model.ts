import { capMiddle } from "../core/mod.ts";
import type { CallResult, ChangeReport } from "./call.ts";

const MAX_CHANGES_SHOWN = 100;
const MAX_PATH_CHARS = 200;

/**
 * Writes what the model reads of a call: the output, what became of changes, and for a refusal the rule and one
 * sentence.
 *
 * @param result The call's result.
 * @param maxBytes Bound of the whole text, besides a line that says how much was left out.
 * @returns The text.
 */
export function textForModel(result: CallResult, maxBytes: number): string {
  const notes: string[] = [];
  if (typeof result.exit === "number" && result.exit !== 0) notes.push(`(exit ${result.exit})`);
  notes.push(...changeLines(result.changes ?? []));
  if (result.error !== null && result.error.code !== "COMMAND_FAILED") notes.push(result.error.message);
  if (result.decision === "deny") notes.push(`Reason: ${result.reason}`);
  else if (result.error !== null && result.error.hint !== null) notes.push(`Hint: ${result.error.hint}`);
  const said = capMiddle(notes.join("\n"), Math.ceil(maxBytes / 2)).text;
  if (result.output === null || result.output === "") return said;
  // Untrusted output may be long: it makes room for what is ours to say.
  const output = capMiddle(result.output, Math.max(0, maxBytes - Buffer.byteLength(said))).text;
  return said === "" ? output : `${output}\n${said}`;
}

function changeLines(changes: readonly ChangeReport[]): readonly string[] {
  const lines = changes.slice(0, MAX_CHANGES_SHOWN).map(({ kind, path, kept, decision, rule }) => {
    const name = path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS).toWellFormed()}…` : path;
    return `(${kind} ${name}: ${kept ? "kept" : `not kept, ${decision}${rule === null ? "" : ` by rule "${rule}"`}`})`;
  });
  const more = changes.length - lines.length;
  if (more > 0) {
    const kept = changes.slice(MAX_CHANGES_SHOWN).filter((change) => change.kept).length;
    lines.push(`(${more} more changes: ${kept} kept, ${more - kept} not kept)`);
  }
  return lines;
}
