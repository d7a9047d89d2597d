import { MATCHER_NAMES, type Matchers, type SkillMatcher, type WordPattern } from "./matchers.ts";
import type { PolicyRule } from "./document.ts";

/**
 * Writes a rule as one item of `rules`, in the style of the templates, to be pasted.
 *
 * @example
 * ```ts
 * printRule(rule); // - { id: docs, effect: allow, capability: network_request, hosts: [docs.example.com] }
 * ```
 * @param rule A rule; its examples are left out.
 * @returns One line of YAML.
 */
export function printRule(rule: PolicyRule): string {
  const { capabilities, approval, except } = rule;
  const [only] = capabilities;
  return `- ${
    flow([
      ["id", rule.id],
      ["effect", rule.effect],
      ["capability", capabilities.length === 1 && only !== undefined ? only : capabilities],
      ...printMatchers(rule.match),
      ["except", except === null ? null : new Raw(flow(printMatchers(except)))],
      ["redact", rule.redact.length === 0 ? null : rule.redact],
      ["max_bytes", rule.maxBytes],
      [
        "approval",
        approval === null ? null : new Raw(flow([
          ["max_scope", approval.maxScope],
          ["ttl", approval.ttlMs === null ? null : `${Math.round(approval.ttlMs / MINUTE_MS)}m`],
          ["shape", approval.shape === "exact" ? null : approval.shape],
        ])),
      ],
      ["reason", rule.reason],
    ])
  }`;
}

const MINUTE_MS = 60_000;

/** YAML that is ready. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = null | boolean | number | string | Raw | readonly Value[];
type Member = readonly [string, Value];

function printMatchers(matchers: Matchers): readonly Member[] {
  return MATCHER_NAMES.flatMap((name): readonly Member[] => {
    if (matchers[name] === undefined) return [];
    switch (name) {
      case "argv":
        return [[name, (matchers.argv ?? []).map(printPattern)]];
      case "skill":
        return [[name, new Raw(printSkill(matchers.skill ?? {}))]];
      case "tainted":
        return [[name, matchers.tainted === "any" ? "any" : matchers.tainted === "true"]];
      case "staged":
        return [[name, true]];
      case "remote":
        return [[name, matchers.remote ?? null]];
      default:
        return [[name, matchers[name] ?? null]];
    }
  });
}

function printPattern({ words, rest }: WordPattern): Value {
  const printed: readonly Value[] = words.map((choices) => choices.length === 1 ? choices[0] ?? null : choices);
  return rest ? [...printed, new Raw('"..."')] : printed;
}

function printSkill({ id, publisher, digest, trust }: SkillMatcher): string {
  return flow([["id", id ?? null], ["publisher", publisher ?? null], ["digest", digest ?? null], [
    "trust",
    trust ?? null,
  ]]);
}

function flow(members: readonly Member[]): string {
  const shown = members.filter(([, value]) => value !== null).map(([key, value]) => `${key}: ${print(value)}`);
  return `{ ${shown.join(", ")} }`;
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function print(value: Value): string {
  if (value instanceof Raw) return value.text;
  if (typeof value === "string") return PLAIN.test(value) && !WORDS.test(value) ? value : JSON.stringify(value);
  return isList(value) ? `[${value.map(print).join(", ")}]` : String(value);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
