import { type Capability, CLASSIFICATIONS, type Decision, ISOLATION_TIERS, type SkillActor } from "../core/mod.ts";
import { parseCidr } from "./actions/addresses.ts";
import type { Matchers, Position, SkillMatcher, WordPattern } from "./document.ts";
import { compileHostGlob } from "./host-glob.ts";
import { isMatcher, MATCHER_FITS } from "./matchers.ts";
import type { NodeReader } from "./node-reader.ts";
import { checkPathGlob } from "./path-glob.ts";
import type { YamlEntry, YamlNode } from "./yaml-tree.ts";

/** The words of `skill.trust`. */
export const SKILL_TRUSTS: readonly SkillActor["trust"][] = ["signed", "local", "generated"];

/** What the matchers of one map belong to. */
export interface MatcherContext {
  readonly reader: NodeReader;
  readonly capabilities: readonly Capability[];
  readonly effect: Decision;
  /** `true` inside `except`. */
  readonly except: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
      return { argv: parsePatterns(node, context) };
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
      return { skill: parseSkill(node, context) };
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

interface Items<T> {
  readonly context: MatcherContext;
  readonly items: readonly T[];
}

/** An empty list matches nothing: harmless in a grant, but a `deny` that looks like one and is none is refused. */
function nonEmpty<T>(name: string, node: YamlNode, { context, items }: Items<T>): readonly T[] {
  if (items.length === 0 && context.effect === "deny" && !context.except && node.kind === "list") {
    context.reader.fail("POLICY_VALUE", node.at, {
      message: `"${name}" is empty, so that this deny would match nothing`,
      hint: "leave the matcher out to match all",
    });
  }
  return items;
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

function parsePatterns(node: YamlNode, context: MatcherContext): readonly WordPattern[] {
  const items = context.reader.list(node, '"argv"').flatMap((item) => parsePattern(item, context.reader) ?? []);
  return nonEmpty("argv", node, { context, items });
}

function parsePattern(node: YamlNode, reader: NodeReader): WordPattern | null {
  if (node.kind !== "list") {
    reader.fail("POLICY_GLOB", node.at, {
      message: 'an item of "argv" is not a list of words',
      hint: 'write [[npm, test], [git, [status, diff], "..."]]',
    });
    return null;
  }
  const words = reader.list(node, "a word pattern");
  const last = words.at(-1);
  const rest = last?.kind === "scalar" && last.value === "...";
  const choices = (rest ? words.slice(0, -1) : words).map((word) => parseChoice(word, reader));
  if (choices.length === 0) {
    reader.fail("POLICY_GLOB", node.at, {
      message: "a word pattern names no program",
      hint: 'write ["*", "..."] for any command',
    });
  }
  return { words: choices, rest };
}

function parseChoice(node: YamlNode, reader: NodeReader): readonly string[] {
  const texts = reader.oneOrTexts(node, "a word");
  for (const { text, at } of texts) {
    if (text === "...") {
      reader.fail("POLICY_GLOB", at, { message: '"..." stands only at the end of a word pattern' });
    }
  }
  if (texts.length === 0 && node.kind === "list") {
    reader.fail("POLICY_GLOB", node.at, { message: "a list of alternatives is empty" });
  }
  return texts.map((item) => item.text);
}

function parseSkill(node: YamlNode, context: MatcherContext): SkillMatcher {
  const { reader } = context;
  const entries = reader.map(node, '"skill"', ["id", "publisher", "digest", "trust"]);
  const skill: Mutable<SkillMatcher> = {};
  for (const name of ["id", "publisher", "digest"] as const) {
    const entry = entries.get(name);
    if (entry !== undefined) skill[name] = reader.oneOrTexts(entry.value, `"skill.${name}"`).map((item) => item.text);
  }
  const trust = entries.get("trust");
  if (trust !== undefined) skill.trust = reader.words(trust.value, "skill.trust", SKILL_TRUSTS);
  if (entries.size === 0 && node.kind === "map") {
    reader.fail("POLICY_VALUE", node.at, { message: '"skill" is empty', hint: "name id, publisher, digest or trust" });
  }
  return skill;
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
