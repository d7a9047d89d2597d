import { CAPABILITIES, type Capability, CLASSIFICATIONS, DECISIONS, ISOLATION_TIERS, type Json } from "../core/mod.ts";
import { MATCHER_FITS, MATCHER_NAMES } from "./matchers.ts";
import { REQUEST_KEYS } from "./parse-request.ts";
import { GRANT_SCOPES } from "./parse-rule.ts";
import { SKILL_TRUSTS } from "./parse-skill-matcher.ts";

/** An object of JSON Schema. */
export type JsonSchema = { readonly [key: string]: Json };

/**
 * Describes `policy.yml` as a JSON Schema (draft 2020-12), for editors: what they underline is refused, what they take
 * may still be refused by a check that no schema can say (globs, references, tests).
 *
 * @example
 * ```ts
 * JSON.stringify(policySchema(), null, 2); // for `# yaml-language-server: $schema=…`
 * ```
 * @returns The schema; made of the same tables as the parser.
 */
export function policySchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:agentzero:policy:2",
    title: "AgentZero policy, version 2",
    description: "Nothing is allowed unless a rule allows it; of all rules that match, the strictest counts.",
    type: "object",
    required: ["version"],
    additionalProperties: false,
    properties: {
      version: { const: 2 },
      name: { type: "string", description: "For people" },
      approval: approval(
        { max_scope: ref("scope"), timeout: ref("duration"), ttl: ref("duration") },
        "Ceilings over all rules",
      ),
      sets: {
        type: "object",
        description: "Named lists; `$name` in a list puts their items there",
        propertyNames: { pattern: "^[a-z][a-z0-9_-]{0,63}$" },
        additionalProperties: { type: "array" },
      },
      classify: { type: "array", items: ref("classify") },
      rules: { type: "array", maxItems: 5000, items: ref("rule") },
      tests: { type: "array", items: ref("test") },
    },
    $defs: {
      ...words(),
      ...matcherSchemas(),
      matchers: { type: "object", minProperties: 1, additionalProperties: false, properties: matcherProperties() },
      classify: {
        type: "object",
        required: ["as"],
        additionalProperties: false,
        properties: { paths: ref("texts"), hosts: ref("texts"), as: oneOrMany(ref("classification")) },
        oneOf: [{ required: ["paths"] }, { required: ["hosts"] }],
      },
      rule: ruleSchema(),
      request: { ...requestSchema(), required: ["capability"] },
      examples: { type: "array", items: { anyOf: [{ type: "string", minLength: 1 }, requestSchema()] } },
      test: {
        type: "object",
        required: ["request", "expect"],
        additionalProperties: false,
        properties: {
          name: { type: "string" },
          request: ref("request"),
          expect: ref("decision"),
          rule: { type: ["string", "null"], description: "The rule that decides; null for a default deny" },
        },
      },
    },
  };
}

function words(): JsonSchema {
  return {
    capability: { enum: [...CAPABILITIES] },
    classification: { enum: [...CLASSIFICATIONS] },
    decision: { enum: [...DECISIONS] },
    tier: { enum: [...ISOLATION_TIERS] },
    scope: { enum: [...GRANT_SCOPES] },
    trust: { enum: [...SKILL_TRUSTS] },
    duration: { type: "string", pattern: "^[1-9][0-9]{0,5}[smhd]$", description: "E.g. 90s, 5m, 12h, 30d" },
    splice: { type: "string", pattern: "^\\$[a-z][a-z0-9_-]{0,63}$", description: "All items of a set" },
    texts: { type: "array", items: { type: "string", minLength: 1, maxLength: 1024 } },
  };
}

/** What each matcher takes; the names are the parser's. */
function matcherSchemas(): JsonSchema {
  const matchers: Readonly<Record<(typeof MATCHER_NAMES)[number], JsonSchema>> = {
    paths: texts("Globs: `/…`, `**/…`, `${project}` `${home}` `${tmp}` `${skill_data}`; dir/** includes dir"),
    staged: { const: true, description: "Only changes that a command made on its staged view" },
    argv: { type: "array", description: "Word patterns", items: { anyOf: [ref("splice"), ref("pattern")] } },
    options: texts("Option globs, each starts with `-`"),
    cwd: texts("Path globs of the folder a command starts in"),
    hosts: texts("Host globs: `*` is one label, a leading `**` one or more"),
    ports: { type: "array", items: { anyOf: [ref("splice"), { type: "integer", minimum: 1, maximum: 65_535 }] } },
    methods: { type: "array", items: { anyOf: [ref("splice"), { type: "string", pattern: "^[A-Z]{1,20}$" }] } },
    cidr: texts("Address blocks, e.g. 10.0.0.0/8"),
    remote: { type: "boolean", description: "false: built in, scripted, or on this machine" },
    providers: texts("Provider globs"),
    models: texts("Model globs"),
    secrets: texts("Handle globs: handle://vault/…"),
    inject: texts("Slots: bearer, basic:USER, header:NAME, env:NAME"),
    commands: texts("Path globs of the program that gets a secret"),
    imports: texts("Host functions, e.g. az:host/*"),
    packages: texts("Package globs, e.g. acme/pdf, npm:*, generated:*"),
    skill: {
      type: "object",
      minProperties: 1,
      additionalProperties: false,
      properties: {
        id: oneOrMany({ type: "string" }),
        publisher: oneOrMany({ type: "string" }),
        digest: oneOrMany({ type: "string" }),
        trust: oneOrMany(ref("trust")),
      },
    },
    classification: { type: "array", items: { anyOf: [ref("splice"), ref("classification")] } },
    tier: { type: "array", items: { anyOf: [ref("splice"), ref("tier")] } },
    tainted: {
      enum: [true, false, "true", "false", "any"],
      description: "Did untrusted text shape it? any accepts both",
    },
  };
  return {
    pattern: {
      type: "array",
      minItems: 1,
      description: 'Words; a list is a choice, a last "..." further words',
      items: {
        anyOf: [{ type: "string", minLength: 1 }, {
          type: "array",
          minItems: 1,
          items: { type: "string", minLength: 1 },
        }],
      },
    },
    ...Object.fromEntries(Object.entries(matchers).map(([name, schema]) => [`matcher-${name}`, schema])),
  };
}

function matcherProperties(): JsonSchema {
  return Object.fromEntries(MATCHER_NAMES.map((name) => [name, ref(`matcher-${name}`)]));
}

function ruleSchema(): JsonSchema {
  return {
    type: "object",
    required: ["id", "effect", "capability"],
    additionalProperties: false,
    properties: {
      id: { type: "string", pattern: "^[a-z][a-z0-9-]{0,63}$" },
      effect: ref("decision"),
      capability: oneOrMany(ref("capability")),
      reason: { type: "string", description: "Told to whoever is refused or asked" },
      except: { ...ref("matchers"), description: "What the rule is not about; not in an allow" },
      approval: approval(
        { max_scope: ref("scope"), ttl: ref("duration"), shape: { enum: ["exact", "pattern"] } },
        "How far an answer reaches",
      ),
      redact: oneOrMany(ref("classification")),
      max_bytes: { type: "integer", minimum: 1 },
      examples: {
        type: "object",
        additionalProperties: false,
        properties: { match: ref("examples"), not_match: ref("examples") },
      },
      ...matcherProperties(),
    },
    allOf: [
      implies(effectIs("allow"), { not: { required: ["except"] } }),
      implies(effectIs("allow_with_redaction"), { required: ["redact"] }),
      implies({ anyOf: [effectIs("allow"), effectIs("deny")] }, { not: { required: ["redact"] } }),
      implies(effectIs("deny"), { not: { anyOf: [{ required: ["approval"] }, { required: ["max_bytes"] }] } }),
      ...MATCHER_NAMES.flatMap((name) => {
        const fits = MATCHER_FITS[name];
        return fits === null ? [] : [implies({ required: [name] }, { properties: { capability: onlyOf(fits) } })];
      }),
    ],
  };
}

/** `if` and `then` in one word that no `await` can mistake for a promise. */
function implies(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  return { anyOf: [{ not: condition }, consequence] };
}

function effectIs(effect: string): JsonSchema {
  return { required: ["effect"], properties: { effect: { const: effect } } };
}

function onlyOf(fits: readonly Capability[]): JsonSchema {
  return oneOrMany({ enum: [...fits] });
}

function requestSchema(): JsonSchema {
  const text: JsonSchema = { type: "string", minLength: 1 };
  const flag: JsonSchema = { type: "boolean" };
  const special: { readonly [key: string]: JsonSchema } = {
    capability: ref("capability"),
    staged: flag,
    remote: flag,
    tainted: flag,
    secrets: flag,
    port: { type: "integer", minimum: 1, maximum: 65_535 },
    argv: { type: "array", items: { type: "string" } },
    address: oneOrMany(text),
    class: oneOrMany(ref("classification")),
    tier: ref("tier"),
    trust: ref("trust"),
  };
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(REQUEST_KEYS.map((key) => [key, special[key] ?? text])),
  };
}

function approval(properties: JsonSchema, description: string): JsonSchema {
  return { type: "object", description, additionalProperties: false, properties };
}

function texts(description: string): JsonSchema {
  return { ...ref("texts"), description };
}

function oneOrMany(one: JsonSchema): JsonSchema {
  return { anyOf: [one, { type: "array", minItems: 1, items: { anyOf: [ref("splice"), one] } }] };
}

function ref(name: string): JsonSchema {
  return { $ref: `#/$defs/${name}` };
}
