import { CAPABILITIES, type Capability, CLASSIFICATIONS, DECISIONS, ISOLATION_TIERS } from "../core/mod.ts";
import type { PolicyTest } from "./document.ts";
import type { Mutable } from "./mutable.ts";
import type { NodeReader } from "./node-reader.ts";
import { SKILL_TRUSTS } from "./parse-skill-matcher.ts";
import type { PolicyRequest } from "./policy-request.ts";
import type { YamlEntry, YamlNode } from "./yaml-tree.ts";

/** The keys of a request in `tests` and `examples`. */
export const REQUEST_KEYS: readonly (keyof PolicyRequest)[] = [
  "capability",
  "path",
  "staged",
  "command",
  "argv",
  "cwd",
  "url",
  "host",
  "port",
  "method",
  "address",
  "secret",
  "inject",
  "program",
  "skill",
  "trust",
  "import",
  "package",
  "provider",
  "model",
  "remote",
  "class",
  "tier",
  "tainted",
  "secrets",
];

/** The key that a bare text in `examples` stands for. */
export const EXAMPLE_KEY: Readonly<Record<Capability, keyof PolicyRequest>> = {
  file_read: "path",
  file_write: "path",
  acp_context_request: "path",
  mvm_mount: "path",
  shell_command: "command",
  network_request: "url",
  model_call: "host",
  secret_handle_usage: "secret",
  package_install: "package",
  package_execution: "package",
  skill_load: "skill",
  runtime_launch: "skill",
  wasm_host_call: "import",
};

/**
 * Reads a request of a test or an example.
 *
 * @param node A map; for an example also a bare text, e.g. a command.
 * @param reader Notes what is wrong.
 * @param capability The capability of an example that names none.
 * @returns The request, or `null` when it has no capability.
 */
export function parseRequest(node: YamlNode, reader: NodeReader, capability?: Capability): PolicyRequest | null {
  if (node.kind === "scalar" && capability !== undefined) {
    const text = reader.someText(node, "an example");
    return text === null ? null : { capability, [EXAMPLE_KEY[capability]]: text };
  }
  const entries = reader.map(node, "a request", REQUEST_KEYS);
  const named = entries.get("capability");
  const word = named === undefined ? capability ?? null : reader.word(named.value, "capability", CAPABILITIES);
  if (word === null) {
    if (named === undefined) reader.fail("POLICY_VALUE", node.at, { message: "a request names no capability" });
    return null;
  }
  const request: Mutable<PolicyRequest> = { capability: word };
  for (const entry of entries.values()) Object.assign(request, parseField(entry, reader));
  return request;
}

function parseField(entry: YamlEntry, reader: NodeReader): Partial<PolicyRequest> {
  const { key, value } = entry;
  switch (key) {
    case "staged":
    case "remote":
    case "tainted":
    case "secrets":
      return given(key, reader.flag(value, key));
    case "port":
      return given(key, reader.integer(value, key, { min: 1, max: 65_535 }));
    case "argv":
      return { argv: reader.texts(value, '"argv"').map((item) => item.text) };
    case "address":
      return { address: reader.oneOrTexts(value, '"address"').map((item) => item.text) };
    case "class":
      return { class: reader.words(value, "class", CLASSIFICATIONS) };
    case "tier":
      return given(key, reader.word(value, "tier", ISOLATION_TIERS));
    case "trust":
      return given(key, reader.word(value, "trust", SKILL_TRUSTS));
    case "capability":
      return {};
    default:
      return given(key, reader.someText(value, `"${key}"`));
  }
}

function given(key: string, value: unknown): Partial<PolicyRequest> {
  return value === null ? {} : { [key]: value };
}

/**
 * Reads one line of `tests`.
 *
 * @param node A map of `request`, `expect` and, where they matter, `rule` and `name`.
 * @param reader Notes what is wrong.
 * @returns The test, or `null` when it cannot be run.
 */
export function parseTest(node: YamlNode, reader: NodeReader): PolicyTest | null {
  const entries = reader.map(node, "a test", ["name", "request", "expect", "rule"]);
  const name = entries.get("name");
  const request = entries.get("request");
  const expect = entries.get("expect");
  const rule = entries.get("rule");
  if (node.kind === "map" && (request === undefined || expect === undefined)) {
    reader.fail("POLICY_VALUE", node.at, { message: "a test lacks `request` or `expect`" });
  }
  const asked = request === undefined ? null : parseRequest(request.value, reader);
  const expected = expect === undefined ? null : reader.word(expect.value, "decision", DECISIONS);
  const label = name === undefined ? null : reader.text(name.value, '"name"');
  const wanted = rule === undefined ? {} : { rule: parseWanted(rule.value, reader) };
  return asked === null || expected === null
    ? null
    : { name: label, request: asked, expect: expected, ...wanted, at: node.at };
}

/** The one place where null says something: no rule at all, a default deny. */
function parseWanted(node: YamlNode, reader: NodeReader): string | null {
  return node.kind === "scalar" && node.value === null ? null : reader.someText(node, '"rule"');
}
