import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parsePolicy } from "../../policy/parse-policy.ts";
import { type JsonSchema, policySchema } from "../../policy/schema.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";

const schema = policySchema();

/** As much of JSON Schema as ours uses; an unknown keyword fails, so that nothing is silently not checked. */
function isValid(node: unknown, value: unknown): boolean {
  if (typeof node !== "object" || node === null) return node !== false;
  return Object.entries(node as JsonSchema).every(([keyword, rule]) =>
    check(keyword, { rule, node: node as JsonSchema, value })
  );
}

interface Checked {
  readonly rule: unknown;
  readonly node: JsonSchema;
  readonly value: unknown;
}

function check(keyword: string, { rule, node, value }: Checked): boolean {
  const members = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
  const items = Array.isArray(value) ? value : null;
  const list = Array.isArray(rule) ? rule : [];
  switch (keyword) {
    case "$schema":
    case "$id":
    case "$defs":
    case "title":
    case "description":
      return true;
    case "$ref":
      return isValid((schema["$defs"] as JsonSchema)[String(rule).replace("#/$defs/", "")], value);
    case "type":
      return (list.length > 0 ? list : [rule]).some((type) => isType(type, value));
    case "const":
      return value === rule;
    case "enum":
      return list.includes(value);
    case "anyOf":
      return list.some((one) => isValid(one, value));
    case "allOf":
      return list.every((one) => isValid(one, value));
    case "oneOf":
      return list.filter((one) => isValid(one, value)).length === 1;
    case "not":
      return !isValid(rule, value);
    case "required":
      return members === null || list.every((key) => members.some(([name]) => name === key));
    case "properties":
      return members === null ||
        members.every(([key, item]) => !Object.hasOwn(rule as object, key) || isValid((rule as JsonSchema)[key], item));
    case "additionalProperties":
      return members === null ||
        members.every(([key, item]) => Object.hasOwn((node["properties"] ?? {}) as object, key) || isValid(rule, item));
    case "propertyNames":
      return members === null || members.every(([key]) => isValid(rule, key));
    case "minProperties":
      return members === null || members.length >= Number(rule);
    case "items":
      return items === null || items.every((item) => isValid(rule, item));
    case "minItems":
      return items === null || items.length >= Number(rule);
    case "maxItems":
      return items === null || items.length <= Number(rule);
    case "pattern":
      return typeof value !== "string" || new RegExp(String(rule), "u").test(value);
    case "minLength":
      return typeof value !== "string" || value.length >= Number(rule);
    case "maxLength":
      return typeof value !== "string" || value.length <= Number(rule);
    case "minimum":
      return typeof value !== "number" || value >= Number(rule);
    case "maximum":
      return typeof value !== "number" || value <= Number(rule);
    default:
      throw new Error(`unknown keyword ${keyword}`);
  }
}

function isType(type: unknown, value: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

/** Must hold: a rule with what is given. */
function withRule(rest: string): string {
  return `version: 2\nrules:\n  - { id: a, ${rest} }\n`;
}

describe("policySchema()", () => {
  it("names its dialect and is plain JSON", () => {
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it.for(
    [
      ["the default policy", DEFAULT_POLICY],
      ["the private policy", PRIVATE_POLICY],
      ["no rules", "version: 2\n"],
      [
        "every matcher of files",
        withRule(
          "effect: deny, capability: [file_write], paths: ['**'], staged: true, classification: [pii], tier: [host-supervised], tainted: any, skill: { id: x, trust: [local] }, reason: r",
        ),
      ],
      [
        "every matcher of commands",
        withRule(
          "effect: allow, capability: shell_command, argv: [[git, [a, b], '...']], options: ['-x'], cwd: ['/x']",
        ),
      ],
      [
        "every matcher of requests",
        withRule(
          "effect: allow, capability: network_request, hosts: [a.example.com], ports: [443], methods: [GET], cidr: [10.0.0.0/8]",
        ),
      ],
      [
        "every matcher of models",
        withRule(
          "effect: allow_with_redaction, redact: pii, capability: model_call, remote: true, providers: ['*'], models: [x], hosts: [a.example.com]",
        ),
      ],
      [
        "every matcher of secrets",
        withRule(
          "effect: allow, capability: secret_handle_usage, secrets: ['handle://vault/*'], inject: [bearer], commands: [/usr/bin/gh]",
        ),
      ],
      [
        "packages and imports",
        withRule(
          "effect: requires_approval, capability: [package_install, package_execution], packages: ['npm:*'], approval: { max_scope: package, ttl: 30d }",
        ),
      ],
      [
        "an exception and examples",
        withRule(
          "effect: deny, capability: file_read, paths: ['**/.env'], except: { paths: ['/x'] }, examples: { match: [/.env], not_match: [{ path: /x }] }",
        ),
      ],
      [
        "classify and sets",
        "version: 2\nname: Mine\nsets: { docs: ['/a'] }\nclassify: [{ paths: [$docs], as: pii }, { hosts: [a.example.com], as: [public] }]\n",
      ],
    ] as const,
  )("takes what the parser takes: %s", ([, text]) => {
    const parsed = parsePolicy(text);
    expect(parsed.problems).toEqual([]);
    expect(isValid(schema, parse(text))).toBe(true);
  });

  it.for(
    [
      ["another version", "version: 3\n"],
      ["an unknown key", "version: 2\nrule: []\n"],
      ["an unknown key in a rule", withRule("effect: allow, capability: file_read, path: [/x]")],
      ["no effect", withRule("capability: file_read")],
      ["an unknown effect", withRule("effect: alow, capability: file_read")],
      ["an unknown capability", withRule("effect: allow, capability: file_reed")],
      ["no capability", withRule("effect: allow, capability: []")],
      ["a bad id", "version: 2\nrules: [{ id: A, effect: allow, capability: file_read }]\n"],
      ["a matcher that does not fit", withRule("effect: allow, capability: file_read, hosts: [a.example.com]")],
      [
        "a matcher that does not fit all",
        withRule("effect: allow, capability: [file_read, network_request], paths: [/x]"),
      ],
      ["an exception in an allow", withRule("effect: allow, capability: file_read, except: { paths: [/x] }")],
      ["an empty exception", withRule("effect: deny, capability: file_read, except: {}")],
      ["redaction that masks nothing", withRule("effect: allow_with_redaction, capability: model_call")],
      ["redaction in an allow", withRule("effect: allow, capability: model_call, redact: [pii]")],
      ["an approval of a deny", withRule("effect: deny, capability: file_read, approval: { max_scope: once }")],
      ["staged: false", withRule("effect: allow, capability: file_write, staged: false")],
      ["a port out of range", withRule("effect: allow, capability: network_request, ports: [65536]")],
      ["words that are no list", withRule("effect: allow, capability: shell_command, argv: [git]")],
      ["a duration without unit", "version: 2\napproval: { timeout: 5 }\n"],
      ["a test that expects nothing", "version: 2\ntests: [{ request: { capability: file_read, path: /x } }]\n"],
      [
        "a test with an unknown key",
        "version: 2\ntests: [{ request: { capability: file_read, paths: /x }, expect: deny }]\n",
      ],
      ["classify with both places", "version: 2\nclassify: [{ paths: [/a], hosts: [a.example.com], as: pii }]\n"],
    ] as const,
  )("refuses what the parser refuses: %s", ([, text]) => {
    expect(parsePolicy(text).ok).toBe(false);
    expect(isValid(schema, parse(text))).toBe(false);
  });
});
