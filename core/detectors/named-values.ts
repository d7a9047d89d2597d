import type { Detection } from "../redactor.ts";

const WORDS =
  /secret|token|passwo?r?d|passphrase|api[_-]?key|private[_-]?key|access[_-]?key|client[_-]?key|credential/gi;
const ASSIGNMENT = /^[A-Za-z0-9_-]{0,24}["'`]?\]?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}/;
const MAX_VALUE_LENGTH = 512;
const MIN_VALUE_LENGTH = 8;

/**
 * Finds values that are given a secret-like name: `DB_PASSWORD=…`, `"apiKey": "…"`, `secret: …`.
 *
 * @param text The text.
 * @returns The spans of the values, class `credential`.
 */
export function namedValues(text: string): readonly Detection[] {
  const found: Detection[] = [];
  let after = 0;
  for (const word of text.matchAll(WORDS)) {
    const rest = word.index + word[0].length;
    if (rest < after) continue;
    // One bounded look from the word on: never more than a name's end, an assignment and a value.
    const assignment = ASSIGNMENT.exec(text.slice(rest, rest + 64));
    if (assignment === null) continue;
    const start = rest + assignment[0].length;
    const value = valueAt(text, start);
    if (value === null) continue;
    if (!looksSecret(value.text, value.quoted)) {
      // Threat: `token=token=token=…`: a long value is judged once, not again from each name inside it.
      if (value.text.length > 64) after = value.start + value.text.length;
      continue;
    }
    found.push({
      class: "credential",
      rule: "secret/named-value",
      start: value.start,
      end: value.start + value.text.length,
    });
    after = value.start + value.text.length;
  }
  return found;
}

function valueAt(
  text: string,
  start: number,
): { readonly text: string; readonly start: number; readonly quoted: boolean } | null {
  const quote = text[start] ?? "";
  if (quote === '"' || quote === "'" || quote === "`") {
    const end = text.indexOf(quote, start + 1);
    const near = text.slice(start + 1, start + 1 + MAX_VALUE_LENGTH);
    if (end < 0 || end - start - 1 > MAX_VALUE_LENGTH || near.slice(0, end - start - 1).includes("\n")) return null;
    return { text: text.slice(start + 1, end), start: start + 1, quoted: true };
  }
  const bare = /^[^\s"'`,;&<>(){}[\]]{1,512}/.exec(text.slice(start, start + MAX_VALUE_LENGTH))?.[0] ?? "";
  return bare === "" ? null : { text: bare, start, quoted: false };
}

function looksSecret(value: string, quoted: boolean): boolean {
  if (value.length < MIN_VALUE_LENGTH || new Set(value).size < 5) return false;
  // References, templates and examples hold no secret.
  if (/^(?:\$|%|<|\{\{|process\.env|os\.|env[.(]|handle:\/\/|https?:\/\/|vault:|\/|\.\.?\/|~\/)/i.test(value)) {
    return false;
  }
  if (
    /\$\{|\{\{|\bexample\b|changeme|placeholder|your[_-]|x{6}|\*{4}|\.{3}|redacted|\[(?:SECRET|CREDENTIAL)_/i.test(
      value,
    )
  ) return false;
  if (/\s/.test(value)) return quoted && /[0-9]/.test(value) && value.split(/\s+/).length <= 3;
  // Bare words are code or prose: `token = nextToken`, `password: required`.
  const letters = /[A-Za-z]/.test(value);
  const others = /[0-9]/.test(value) || /[^A-Za-z0-9_.-]/.test(value);
  return letters && others ? quoted || /[0-9]/.test(value) : /^[0-9]{10,}$/.test(value) && quoted;
}
