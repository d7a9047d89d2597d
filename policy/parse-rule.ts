import { CAPABILITIES, type Capability, CLASSIFICATIONS, type Decision, DECISIONS } from "../core/mod.ts";
import type { GrantScope, PolicyRule, RuleApproval, RuleExamples } from "./document.ts";
import { MATCHER_NAMES, type Matchers } from "./matchers.ts";
import type { NodeReader } from "./node-reader.ts";
import { parseMatchers } from "./parse-matchers.ts";
import { parseRequest } from "./parse-request.ts";
import type { PolicyRequest } from "./policy-request.ts";
import type { YamlEntry, YamlNode } from "./yaml-tree.ts";

/** The scopes a ceiling may name, narrowest first. */
export const GRANT_SCOPES: readonly GrantScope[] = ["once", "session", "project", "package"];

/** The keys of a rule that are no matchers. */
export const RULE_KEYS: readonly string[] = [
  "id",
  "effect",
  "capability",
  "reason",
  "except",
  "approval",
  "redact",
  "max_bytes",
  "examples",
];

const SHAPES: readonly RuleApproval["shape"][] = ["exact", "pattern"];
const ID = /^[a-z][a-z0-9-]{0,63}$/;
const MAX_BYTES = 2 ** 40;

/**
 * Reads one rule.
 *
 * @param node A map.
 * @param reader Notes what is wrong.
 * @returns The rule, or `null` when it lacks id, effect or capability.
 */
export function parseRule(node: YamlNode, reader: NodeReader): PolicyRule | null {
  const entries = reader.map(node, "a rule", [...RULE_KEYS, ...MATCHER_NAMES]);
  if (node.kind !== "map") return null;
  const id = required(node, "id", { entries, read: (value) => parseId(value, reader), reader });
  const effect = required(node, "effect", {
    entries,
    read: (value) => reader.word(value, "effect", DECISIONS),
    reader,
  });
  const capabilities = required(node, "capability", {
    entries,
    read: (value) => parseCapabilities(value, reader),
    reader,
  });
  if (id === null || effect === null || capabilities === null) return null;
  const match = parseMatchers(entries.values(), { reader, capabilities, effect, except: false });
  const rule: PolicyRule = {
    id,
    effect,
    capabilities,
    reason: optional(entries, "reason", (value) => reader.text(value, '"reason"')),
    match,
    except: optional(entries, "except", (value) => parseExcept(value, { reader, capabilities, effect })),
    approval: optional(entries, "approval", (value) => parseApproval(value, { reader, match })),
    redact: optional(entries, "redact", (value) => reader.words(value, "class", CLASSIFICATIONS)) ?? [],
    maxBytes: optional(entries, "max_bytes", (value) => reader.integer(value, "max_bytes", { min: 1, max: MAX_BYTES })),
    examples: optional(entries, "examples", (value) => parseExamples(value, { reader, capabilities })) ?? NO_EXAMPLES,
    at: node.at,
  };
  checkTogether(rule, entries, reader);
  return rule;
}

const NO_EXAMPLES: RuleExamples = { match: [], not_match: [] };

interface Required<T> {
  readonly entries: ReadonlyMap<string, YamlEntry>;
  readonly read: (node: YamlNode) => T | null;
  readonly reader: NodeReader;
}

function required<T>(node: YamlNode, key: string, { entries, read, reader }: Required<T>): T | null {
  const entry = entries.get(key);
  if (entry !== undefined) return read(entry.value);
  reader.fail("POLICY_VALUE", node.at, { message: `a rule lacks "${key}"` });
  return null;
}

function optional<T>(
  entries: ReadonlyMap<string, YamlEntry>,
  key: string,
  read: (node: YamlNode) => T | null,
): T | null {
  const entry = entries.get(key);
  return entry === undefined ? null : read(entry.value);
}

function parseId(node: YamlNode, reader: NodeReader): string | null {
  const text = reader.text(node, '"id"');
  if (text === null || ID.test(text)) return text;
  reader.fail("POLICY_VALUE", node.at, {
    message: `"${text.slice(0, 60)}" is not a rule id`,
    hint: "a lower-case letter, then up to 63 of a-z 0-9 -",
  });
  return null;
}

function parseCapabilities(node: YamlNode, reader: NodeReader): readonly Capability[] | null {
  const words = reader.words(node, "capability", CAPABILITIES);
  if (words.length > 0) return words;
  if (node.kind === "list" && node.items.length === 0) {
    reader.fail("POLICY_VALUE", node.at, { message: '"capability" is empty' });
  }
  return null;
}

interface RuleContext {
  readonly reader: NodeReader;
  readonly capabilities: readonly Capability[];
}

function parseExcept(node: YamlNode, context: RuleContext & { readonly effect: Decision }): Matchers | null {
  const { reader, capabilities, effect } = context;
  const entries = reader.map(node, '"except"', MATCHER_NAMES);
  if (node.kind !== "map") return null;
  if (effect === "allow") {
    reader.fail("POLICY_KEY", node.at, {
      message: '"except" in an allow is refused',
      hint: "write a deny or an ask for what is excepted: the strictest match counts",
    });
  }
  if (entries.size === 0) {
    reader.fail("POLICY_VALUE", node.at, { message: '"except" has no matcher, so that it would except everything' });
  }
  return parseMatchers(entries.values(), { reader, capabilities, effect, except: true });
}

function parseApproval(
  node: YamlNode,
  { reader, match }: { readonly reader: NodeReader; readonly match: Matchers },
): RuleApproval {
  const entries = reader.map(node, '"approval"', ["max_scope", "ttl", "shape"]);
  const shape = optional(entries, "shape", (value) => reader.word(value, "shape", SHAPES)) ?? "exact";
  if (shape === "pattern" && match.argv === undefined) {
    reader.fail("POLICY_VALUE", node.at, {
      message: '"shape: pattern" needs the matcher "argv"',
      hint: "what is remembered is the word pattern that matched",
    });
  }
  return {
    maxScope: optional(entries, "max_scope", (value) => reader.word(value, "max_scope", GRANT_SCOPES)),
    ttlMs: optional(entries, "ttl", (value) => reader.duration(value, "ttl", { min: "1m", max: "90d" })),
    shape,
  };
}

function parseExamples(node: YamlNode, { reader, capabilities }: RuleContext): RuleExamples {
  const entries = reader.map(node, '"examples"', ["match", "not_match"]);
  function read(value: YamlNode): readonly PolicyRequest[] {
    return reader.list(value, "examples").flatMap((item) => parseRequest(item, reader, capabilities[0]) ?? []);
  }
  return {
    match: optional(entries, "match", read) ?? [],
    not_match: optional(entries, "not_match", read) ?? [],
  };
}

/** Keys that say nothing together, or that look like a safeguard and are none. */
function checkTogether(rule: PolicyRule, entries: ReadonlyMap<string, YamlEntry>, reader: NodeReader): void {
  const redact = entries.get("redact");
  if (rule.effect === "allow_with_redaction" && rule.redact.length === 0) {
    reader.fail("POLICY_VALUE", rule.at, {
      message: "allow_with_redaction names no class to redact",
      hint: "add `redact: [pii, secret, credential]`",
    });
  }
  if (redact !== undefined && (rule.effect === "allow" || rule.effect === "deny")) {
    reader.fail("POLICY_KEY", redact.at, {
      message: `"redact" does nothing in a rule with the effect ${rule.effect}`,
      hint: "the effect for it is allow_with_redaction",
    });
  }
  for (const key of ["approval", "max_bytes"]) {
    const entry = entries.get(key);
    if (entry !== undefined && rule.effect === "deny") {
      reader.fail("POLICY_KEY", entry.at, { message: `"${key}" does nothing in a deny` });
    }
  }
}
