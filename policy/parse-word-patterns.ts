import { type MatcherContext, nonEmpty } from "./matcher-context.ts";
import type { WordPattern } from "./matchers.ts";
import type { NodeReader } from "./node-reader.ts";
import type { YamlNode } from "./yaml-tree.ts";

/**
 * Reads the matcher `argv`: a list of word patterns.
 *
 * @param node Its value.
 * @param context What it belongs to.
 * @returns What was read; what is wrong is noted with the reader.
 */
export function parseWordPatterns(node: YamlNode, context: MatcherContext): readonly WordPattern[] {
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
