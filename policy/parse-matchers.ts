import { CLASSIFICATIONS, ISOLATION_TIERS } from "../core/mod.ts";
import { parseCidr } from "./actions/addresses.ts";
import type { Position } from "./document.ts";
import { compileHostGlob } from "./host-glob.ts";
import { type MatcherContext, nonEmpty } from "./matcher-context.ts";
import { isMatcher, MATCHER_FITS, type Matchers } from "./matchers.ts";
import type { Mutable } from "./mutable.ts";
import type { NodeReader } from "./node-reader.ts";
import { parseSkillMatcher } from "./parse-skill-matcher.ts";
import { parseWordPatterns } from "./parse-word-patterns.ts";
import { checkPathGlob } from "./path-syntax.ts";
import type { YamlEntry, YamlNode } from "./yaml-tree.ts";

/**
 * Reads the matchers among the keys of a rule or of its `except`.
 *
 * @param entries Keys of the map; those that are no matchers are skipped.
 * @param context What they belong to.
 * @returns What was read; what is wrong is noted with the reader.
 */
export function parseMatchers(entries: Iterable<YamlEntry>, context: MatcherContext): Matchers {
  const matchers: Mutable<Matchers> = {};
  for (const entry of entries) {
    if (!isMatcher(entry.key)) continue;
    if (!fits(entry, entry.key, context)) continue;
    Object.assign(matchers, parseMatcher(entry.key, entry.value, context));
  }
  return matchers;
}

function fits(entry: YamlEntry, name: keyof Matchers, context: MatcherContext): boolean {
  const fitting = MATCHER_FITS[name];
  const misfit = fitting === null ? undefined : context.capabilities.find((one) => !fitting.includes(one));
  if (misfit === undefined) return true;
  context.reader.fail("POLICY_KEY", entry.at, {
    message: `the matcher "${name}" does not fit the capability "${misfit}"`,
    hint: `it is for ${fitting?.join(" ")}; split the rule`,
  });
  return false;
}

function parseMatcher(name: keyof Matchers, node: YamlNode, context: MatcherContext): Matchers {
  const { reader } = context;
  switch (name) {
    case "paths":
    case "cwd":
    case "commands":
      return { [name]: parseTexts(name, node, { ...context, check: checkPathGlob }) };
    case "hosts":
      return { hosts: parseTexts(name, node, { ...context, check: (text) => void compileHostGlob(text) }) };
    case "cidr":
      return {
        cidr: parseTexts(name, node, { ...context, check: null }).filter((text) => isCidr(text, node.at, reader)),
      };
    case "methods":
      return {
        methods: parseForm(name, node, { context, form: /^[A-Z]{1,20}$/, hint: "write verbs like GET or POST" }),
      };
    case "options":
      return {
        options: parseForm(name, node, { context, form: /^-/, hint: 'options start with "-", e.g. "--porcelain"' }),
      };
    case "secrets":
      return {
        secrets: parseForm(name, node, {
          context,
          form: /^(?:handle:\/\/|\*)/,
          hint: "write handle://vault/NAME/KEY",
        }),
      };
    case "providers":
    case "models":
    case "inject":
    case "imports":
    case "packages":
      return { [name]: parseForm(name, node, { context, form: /^[^\s]+$/, hint: "write it without blanks" }) };
    case "argv":
      return { argv: parseWordPatterns(node, context) };
    case "ports":
      return { ports: parsePorts(node, context) };
    case "classification":
      return {
        classification: nonEmpty(name, node, {
          context,
          items: reader.words(asList(node, name, reader), name, CLASSIFICATIONS),
        }),
      };
    case "tier":
      return {
        tier: nonEmpty(name, node, { context, items: reader.words(asList(node, name, reader), name, ISOLATION_TIERS) }),
      };
    case "skill":
      return { skill: parseSkillMatcher(node, context) };
    case "staged":
      return parseStaged(node, reader);
    case "remote": {
      const remote = reader.flag(node, "remote");
      return remote === null ? {} : { remote };
    }
    case "tainted":
      return parseTainted(node, reader);
    default:
      return name satisfies never;
  }
}

interface Texts extends MatcherContext {
  readonly check: ((text: string) => void) | null;
}

function parseTexts(name: string, node: YamlNode, options: Texts): readonly string[] {
  const items = options.reader.texts(node, `"${name}"`);
  for (const item of items) {
    const { check } = options;
    if (check !== null) options.reader.check(item.at, () => check(item.text));
  }
  return nonEmpty(name, node, { context: options, items: items.map((item) => item.text) });
}

interface Form {
  readonly context: MatcherContext;
  readonly form: RegExp;
  readonly hint: string;
}

function parseForm(name: string, node: YamlNode, options: Form): readonly string[] {
  const items = options.context.reader.texts(node, `"${name}"`);
  for (const { text, at } of items) {
    if (options.form.test(text)) continue;
    options.context.reader.fail("POLICY_VALUE", at, {
      message: `"${text.slice(0, 60)}" is not understood in "${name}"`,
      hint: options.hint,
    });
  }
  return nonEmpty(name, node, { context: options.context, items: items.map((item) => item.text) });
}

function asList(node: YamlNode, name: string, reader: NodeReader): YamlNode {
  if (node.kind !== "list") {
    reader.fail("POLICY_VALUE", node.at, { message: `"${name}" is not a list`, hint: "write it in brackets: [a, b]" });
    return { kind: "list", at: node.at, items: [] };
  }
  return node;
}

function isCidr(text: string, at: Position, reader: NodeReader): boolean {
  if (parseCidr(text) !== null) return true;
  reader.fail("POLICY_HOST", at, {
    message: `"${text.slice(0, 60)}" is not a CIDR block`,
    hint: "write 10.0.0.0/8 or fd00::/8, with no bits set behind the prefix",
  });
  return false;
}

function parsePorts(node: YamlNode, context: MatcherContext): readonly number[] {
  const items = context.reader.list(node, '"ports"').flatMap((item) =>
    context.reader.integer(item, "a port", { min: 1, max: 65_535 }) ?? []
  );
  return nonEmpty("ports", node, { context, items });
}

function parseStaged(node: YamlNode, reader: NodeReader): Matchers {
  if (reader.flag(node, "staged") === true) return { staged: true };
  reader.fail("POLICY_VALUE", node.at, {
    message: '"staged" is not true',
    hint: "leave it out to match both kinds of write",
  });
  return {};
}

function parseTainted(node: YamlNode, reader: NodeReader): Matchers {
  const value = node.kind === "scalar" ? node.value : null;
  if (value === true || value === "true") return { tainted: "true" };
  if (value === false || value === "false") return { tainted: "false" };
  if (value === "any") return { tainted: "any" };
  reader.fail("POLICY_VALUE", node.at, { message: '"tainted" is none of true, false, any' });
  return {};
}
