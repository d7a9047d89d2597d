import type * as Yaml from "yaml";
import type { Problems } from "./problems.ts";
import { placeOf } from "./text-places.ts";
import { YAML_LIMITS } from "./yaml-limits.ts";

/** What a check of a text reports with. */
export interface TextContext {
  /** Where its lines begin. */
  readonly lines: readonly number[];
  /** Gets each refusal. */
  readonly problems: Problems;
}

// Comments too: a reviewer must see the file as the parser does.
const REFUSED_RAW = /[^\P{Cc}\t\n\r]|\r(?!\n)|[\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Refuses characters that a reader of the file would not see.
 *
 * @param text The file.
 * @param context Lines, and where refusals go.
 * @returns `false` after a refusal.
 */
export function checkCharacters(text: string, { lines, problems }: TextContext): boolean {
  const hit = REFUSED_RAW.exec(text);
  if (hit === null) return true;
  const code = (hit[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  problems.add("POLICY_SYNTAX", placeOf(lines, hit.index), {
    message: code === "FEFF" && hit.index === 0
      ? "the file starts with a byte order mark"
      : `the control or invisible character U+${code}`,
    hint: "remove it",
  });
  return false;
}

/**
 * Walks the tokens before anything is composed.
 *
 * Threat: alias bombs, tags that build objects, nesting and comma runs that keep the composer busy for minutes.
 *
 * @param yaml The parser's module.
 * @param text The file.
 * @param context Lines, and where refusals go.
 * @returns `false` after a refusal.
 */
export function checkTokens(yaml: typeof Yaml, text: string, context: TextContext): boolean {
  let offset = 0;
  let count = 0;
  let depth = 0;
  let indicators = 0;
  let previous = "";
  let scalarNext = false;
  for (const token of new yaml.Lexer().lex(text)) {
    if (token.length === 1 && MARKERS.has(token)) {
      scalarNext = token === SCALAR;
      continue;
    }
    const at = offset;
    offset += token.length;
    // The longest spelling of a letter is an escape of ten: what is longer than that many is too long as a value, too.
    if (token.length > 10 * YAML_LIMITS.string + 2 && !token.startsWith("#") && token.trim() !== "") {
      context.problems.add("POLICY_LIMIT", placeOf(context.lines, at), {
        message: `a text is longer than ${YAML_LIMITS.string} characters`,
      });
      return false;
    }
    if (scalarNext) {
      scalarNext = false;
      previous = "scalar";
      continue;
    }
    const first = token[0] ?? "";
    if (first === "[" || first === "{") depth++;
    if (first === "]" || first === "}") depth--;
    if (token === "\n" || token === "\r\n") indicators = 0;
    if ((token === "-" || token === "?" || token === ":") && depth === 0) indicators++;
    const refusal = refuseToken({ first, token, at, depth, indicators, count: ++count, previous });
    if (refusal !== null) {
      context.problems.add(refusal.limit ? "POLICY_LIMIT" : "POLICY_SYNTAX", placeOf(context.lines, at), refusal);
      return false;
    }
    if (token.trim() !== "" && first !== "#") previous = token;
  }
  return true;
}

interface TokenFacts {
  readonly first: string;
  readonly token: string;
  readonly at: number;
  readonly depth: number;
  readonly indicators: number;
  readonly count: number;
  readonly previous: string;
}

interface Refusal {
  readonly message: string;
  readonly hint?: string;
  readonly limit?: true;
}

function refuseToken(facts: TokenFacts): Refusal | null {
  const { first, token } = facts;
  if (facts.depth > YAML_LIMITS.depth || facts.indicators > 2 * YAML_LIMITS.depth) {
    return { message: `nested deeper than ${YAML_LIMITS.depth} levels`, limit: true };
  }
  if (facts.count > YAML_LIMITS.tokens) return { message: "too many values for one file", limit: true };
  if (facts.depth < 0) return { message: `"${token}" closes nothing` };
  switch (first) {
    case "&":
      return { message: "anchors are refused", hint: "put what is shared into `sets`" };
    case "*":
      return { message: "aliases are refused", hint: 'put quotes around a glob that starts with "*"' };
    case "!":
      return { message: "tags are refused", hint: 'put quotes around a text that starts with "!"' };
    case "%":
      return { message: "directives are refused" };
    case ",":
      return facts.previous === "," ? { message: 'two "," in a row' } : null;
    default:
      if (token === "..." || (token === "---" && facts.previous !== "")) {
        return { message: "the file is more than one document" };
      }
      return null;
  }
}

const SCALAR = "\x1f";
const MARKERS: ReadonlySet<string> = new Set(["\x02", "\x18", SCALAR]);
