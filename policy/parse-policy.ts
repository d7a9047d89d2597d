import { CLASSIFICATIONS } from "../core/mod.ts";
import type { ClassifyRule, FileApproval, ParsedPolicy, PolicyDocument, PolicyRule, PolicyTest } from "./document.ts";
import { compileHostGlob } from "./host-glob.ts";
import { NodeReader } from "./node-reader.ts";
import { parseTest } from "./parse-request.ts";
import { GRANT_SCOPES, parseRule } from "./parse-rule.ts";
import { checkPathGlob } from "./path-syntax.ts";
import { Problems } from "./problems.ts";
import { YAML_LIMITS } from "./yaml-limits.ts";
import { readYamlTree, type YamlEntry, type YamlNode } from "./yaml-tree.ts";

/** The most rules of one file. */
export const MAX_RULES = 5_000;
/** The most tests and examples of one file: each is planned and decided at load. */
export const MAX_TESTS = 2_000;
const TOP_KEYS = ["version", "name", "approval", "sets", "classify", "rules", "tests"] as const;
const TEST_FILE_KEYS = ["version", "name", "tests"] as const;
const SET_NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * Reads a policy file strictly: what is not understood refuses the file. Tests and examples are read, not run.
 *
 * @example
 * ```ts
 * parsePolicy("version: 2\nrules: []\n"); // { ok: true, document: …, problems: [] }
 * ```
 * @param bytes The file, untrusted.
 * @returns The document, or every problem with code, line and column.
 */
export function parsePolicy(bytes: Uint8Array | string): ParsedPolicy {
  const problems = new Problems();
  const document = readDocument(bytes, problems);
  return document !== null && problems.none
    ? { ok: true, document, problems: [] }
    : { ok: false, document: null, problems: problems.list() };
}

/**
 * Reads a `*.policy-test.yml`: `version: 2` and `tests`.
 *
 * @param bytes The file, untrusted.
 * @returns A document without rules, or every problem.
 */
export function parsePolicyTests(bytes: Uint8Array | string): ParsedPolicy {
  const problems = new Problems();
  const tree = readTree(bytes, problems);
  if (tree === null) return { ok: false, document: null, problems: problems.list() };
  const reader = new NodeReader(problems);
  const entries = reader.map(tree, "the file", TEST_FILE_KEYS);
  if (!checkVersion(entries.get("version"), tree, reader)) {
    return { ok: false, document: null, problems: problems.list() };
  }
  const tests = parseTests(entries.get("tests")?.value, reader);
  if (entries.get("tests") === undefined) reader.fail("POLICY_VALUE", tree.at, { message: "the file has no `tests`" });
  return problems.none
    ? { ok: true, document: { ...EMPTY, tests }, problems: [] }
    : { ok: false, document: null, problems: problems.list() };
}

const NO_CEILING: FileApproval = { maxScope: null, timeoutMs: null, ttlMs: null };
const EMPTY: PolicyDocument = {
  version: 2,
  name: null,
  approval: NO_CEILING,
  sets: [],
  classify: [],
  rules: [],
  tests: [],
};

function readDocument(bytes: Uint8Array | string, problems: Problems): PolicyDocument | null {
  const tree = readTree(bytes, problems);
  if (tree === null) return null;
  const reader = new NodeReader(problems);
  // Another version may have other keys: one clear refusal instead of many puzzling ones.
  const version = tree.kind === "map" ? tree.entries.find((entry) => entry.key === "version") : undefined;
  if (tree.kind === "map" && !checkVersion(version, tree, reader)) return null;
  const entries = reader.map(tree, "the policy", TOP_KEYS);
  if (tree.kind !== "map") return null;
  const sets = parseSets(entries.get("sets")?.value, reader);
  const name = entries.get("name");
  return {
    version: 2,
    name: name === undefined ? null : reader.text(name.value, '"name"'),
    approval: parseFileApproval(entries.get("approval")?.value, reader),
    sets,
    classify: parseClassify(entries.get("classify")?.value, reader),
    rules: parseRules(entries.get("rules")?.value, reader),
    tests: parseTests(entries.get("tests")?.value, reader),
  };
}

function readTree(bytes: Uint8Array | string, problems: Problems): YamlNode | null {
  const start = { line: 1, col: 1 };
  const size = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
  if (size > YAML_LIMITS.bytes) {
    problems.add("POLICY_LIMIT", start, { message: `the file is larger than ${YAML_LIMITS.bytes} bytes` });
    return null;
  }
  if (typeof bytes === "string") return readYamlTree(bytes, problems);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    problems.add("POLICY_SYNTAX", start, { message: "the file is not UTF-8" });
    return null;
  }
  return readYamlTree(text, problems);
}

function checkVersion(entry: YamlEntry | undefined, tree: YamlNode, reader: NodeReader): boolean {
  if (entry?.value.kind === "scalar" && entry.value.value === 2) return true;
  reader.fail("POLICY_VERSION", entry?.value.at ?? tree.at, {
    message: entry === undefined ? "`version` is missing" : "`version` is not 2",
    hint: "this engine reads `version: 2`",
  });
  return false;
}

function parseSets(node: YamlNode | undefined, reader: NodeReader): readonly string[] {
  if (node === undefined) return [];
  if (node.kind !== "map") {
    reader.fail("POLICY_VALUE", node.at, {
      message: '"sets" is not a map',
      hint: 'write sets: { docs: ["${project}/docs/**"] }',
    });
    return [];
  }
  const names: string[] = [];
  for (const { key, at, value } of node.entries) {
    if (!SET_NAME.test(key)) {
      reader.fail("POLICY_KEY", at, {
        message: `"${key.slice(0, 60)}" is not a set name`,
        hint: "a-z, then a-z 0-9 _ -",
      });
    } else if (value.kind !== "list") {
      reader.fail("POLICY_VALUE", value.at, { message: `the set "${key}" is not a list` });
    } else {
      for (const item of value.items) checkSetItem(item, key, reader);
      reader.defineSet(key, value.items);
      names.push(key);
    }
  }
  return names;
}

// Threat: sets of sets of sets, the alias bomb by another name.
function checkSetItem(item: YamlNode, name: string, reader: NodeReader): void {
  if (item.kind === "map" || (item.kind === "scalar" && item.value === null)) {
    reader.fail("POLICY_VALUE", item.at, { message: `an item of the set "${name}" is no text, number or list` });
  } else if (item.kind === "list") {
    for (const inner of item.items) checkSetItem(inner, name, reader);
  } else if (typeof item.value === "string" && /^\$(?!\{)/.test(item.value)) {
    reader.fail("POLICY_REF", item.at, { message: `the set "${name}" names another set`, hint: "sets do not nest" });
  }
}

function parseFileApproval(node: YamlNode | undefined, reader: NodeReader): FileApproval {
  if (node === undefined) return NO_CEILING;
  const entries = reader.map(node, '"approval"', ["max_scope", "timeout", "ttl"]);
  const scope = entries.get("max_scope");
  const timeout = entries.get("timeout");
  const ttl = entries.get("ttl");
  return {
    maxScope: scope === undefined ? null : reader.word(scope.value, "max_scope", GRANT_SCOPES),
    timeoutMs: timeout === undefined ? null : reader.duration(timeout.value, "timeout", { min: "1s", max: "1h" }),
    ttlMs: ttl === undefined ? null : reader.duration(ttl.value, "ttl", { min: "1m", max: "90d" }),
  };
}

function parseClassify(node: YamlNode | undefined, reader: NodeReader): readonly ClassifyRule[] {
  if (node === undefined) return [];
  return reader.list(node, '"classify"').flatMap((item) => {
    const entries = reader.map(item, "a classify rule", ["paths", "hosts", "as"]);
    const paths = entries.get("paths");
    const hosts = entries.get("hosts");
    const classes = entries.get("as");
    if (item.kind === "map" && (classes === undefined || (paths === undefined) === (hosts === undefined))) {
      reader.fail("POLICY_VALUE", item.at, { message: "a classify rule needs `as`, and either `paths` or `hosts`" });
      return [];
    }
    const rule: ClassifyRule = {
      paths: placed(paths, reader, checkPathGlob),
      hosts: placed(hosts, reader, (text) => void compileHostGlob(text)),
      as: classes === undefined ? [] : reader.words(classes.value, "class", CLASSIFICATIONS),
      at: item.at,
    };
    if (rule.as.length > 0 || classes === undefined) return [rule];
    reader.fail("POLICY_VALUE", item.at, { message: "a classify rule names no class" });
    return [];
  });
}

function placed(entry: YamlEntry | undefined, reader: NodeReader, check: (text: string) => void): readonly string[] {
  if (entry === undefined) return [];
  return reader.texts(entry.value, `"${entry.key}"`).map(({ text, at }) => {
    reader.check(at, () => check(text));
    return text;
  });
}

function parseRules(node: YamlNode | undefined, reader: NodeReader): readonly PolicyRule[] {
  if (node === undefined) return [];
  const nodes = node.kind === "list" ? node.items : reader.list(node, '"rules"');
  if (nodes.length > MAX_RULES) {
    reader.fail("POLICY_LIMIT", node.at, { message: `more than ${MAX_RULES} rules` });
    return [];
  }
  const seen = new Set<string>();
  let examples = 0;
  const rules = nodes.flatMap((item) => {
    const rule = parseRule(item, reader);
    if (rule === null) return [];
    if (seen.has(rule.id)) {
      reader.fail("POLICY_DUPLICATE", rule.at, { message: `the rule id "${rule.id}" stands twice` });
    }
    seen.add(rule.id);
    examples += rule.examples.match.length + rule.examples.not_match.length;
    return [rule];
  });
  if (examples > MAX_TESTS) reader.fail("POLICY_LIMIT", node.at, { message: `more than ${MAX_TESTS} examples` });
  return rules;
}

function parseTests(node: YamlNode | undefined, reader: NodeReader): readonly PolicyTest[] {
  if (node === undefined) return [];
  const items = reader.list(node, '"tests"');
  if (items.length > MAX_TESTS) reader.fail("POLICY_LIMIT", node.at, { message: `more than ${MAX_TESTS} tests` });
  return items.slice(0, MAX_TESTS).flatMap((item) => parseTest(item, reader) ?? []);
}
