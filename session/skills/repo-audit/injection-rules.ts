import { type FileText, matchFinding, type RepoFinding, type Severity } from "./finding.ts";

interface TextRule {
  readonly rule: string;
  readonly severity: Severity;
  readonly pattern: RegExp;
}

// Text that talks to an agent instead of a reader. Linear: no nested repetition.
const ADDRESSED: readonly TextRule[] = [
  {
    rule: "injection/override",
    severity: "high",
    pattern:
      /\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|the\s+|your\s+|these\s+|every\s+){0,3}(?:previous|prior|earlier|above|preceding|other|system)\s+(?:instructions?|prompts?|rules?|messages?|directions?)/giu,
  },
  {
    rule: "injection/conceal",
    severity: "high",
    pattern:
      /\b(?:do\s+not|don't|never|without)\s+(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?(?:\s+this)?\s+to|ask(?:ing)?|alert(?:ing)?)\s+the\s+(?:user|human|person|developer|operator)/giu,
  },
  {
    rule: "injection/role",
    severity: "medium",
    pattern:
      /\byou\s+are\s+now\s+(?:a|an|in|the)\s+\w+|\b(?:new|updated)\s+system\s+prompt\b|<\/?(?:system|assistant|im_start|im_end)>|<\|(?:im_start|im_end|system)\|>/giu,
  },
  {
    rule: "injection/agent-order",
    severity: "medium",
    pattern:
      /\b(?:AI|LLM|language\s+model|coding)\s+(?:agents?|assistants?|models?)\s*(?:,|:)?\s+(?:must|should|need\s+to|have\s+to|are\s+required\s+to|please)\b/giu,
  },
  {
    rule: "injection/exfiltrate",
    severity: "high",
    pattern:
      /\b(?:send|post|upload|exfiltrate|forward|transmit)\s+(?:\w+\s+){0,4}(?:secrets?|credentials?|tokens?|api\s+keys?|passwords?|\.env|environment\s+variables)\s+(?:\w+\s+){0,3}to\b/giu,
  },
];

// Format characters hide words from people that a model reads: tags, direction marks, zero-width letters.
const HIDDEN: readonly TextRule[] = [
  { rule: "injection/tag-characters", severity: "high", pattern: /[\u{e0000}-\u{e007f}]+/gu },
  { rule: "injection/bidi", severity: "high", pattern: /[\u202a-\u202e\u2066-\u2069]/gu },
  {
    rule: "injection/invisible",
    severity: "medium",
    pattern: /[\u200b\u2060-\u2064\u180e\u00ad\u115f\u1160\u3164]+/gu,
  },
];

const MAX_PER_RULE = 20;

/**
 * Finds text that is addressed to agents, and characters that hide text from people.
 *
 * @param file The text.
 * @returns Findings; the words themselves are not repeated.
 */
export function injectionFindings(file: FileText): readonly RepoFinding[] {
  // Most text is plain: nothing is looked for that cannot be there.
  // oxlint-disable-next-line no-control-regex -- the range of plain text
  const plain = /^[\u0000-\u00ac\u00ae-\u00ff]*$/u.test(file.text);
  return [...ADDRESSED, ...plain ? [] : HIDDEN].flatMap((rule) => matches(file, rule));
}

function matches(file: FileText, { rule, severity, pattern }: TextRule): readonly RepoFinding[] {
  const found: RepoFinding[] = [];
  for (const match of file.text.matchAll(pattern)) {
    if (rule === "injection/invisible" && isOrdinary(file, match.index)) continue;
    found.push(matchFinding(file, match, { rule, severity }));
    if (found.length >= MAX_PER_RULE) break;
  }
  return found;
}

// Soft hyphens of prose in languages that hyphenate, and joiners inside emoji, are no trick.
function isOrdinary({ text }: FileText, at: number): boolean {
  return text.charCodeAt(at) === 0xad && /\p{L}/u.test(text.charAt(at - 1)) && /\p{L}/u.test(text.charAt(at + 1));
}
