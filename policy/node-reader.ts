import { isWord } from "../core/mod.ts";
import type { Position } from "./document.ts";
import { parseDuration } from "./duration.ts";
import type { PolicyErrorCode } from "./errors.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Problems } from "./problems.ts";
import type { YamlEntry, YamlNode } from "./yaml-tree.ts";

/** A text with its place. */
export interface PlacedText {
  readonly text: string;
  readonly at: Position;
}

/** How many items all lists of a file may have together after `$sets` were put in. */
export const MAX_ITEMS = 100_000;

/**
 * Reads typed values out of a tree. Every method notes what is wrong and goes on with something harmless, so that one
 * run tells everything; a file with any problem is refused as a whole.
 */
export class NodeReader {
  readonly #problems: Problems;
  readonly #sets = new Map<string, readonly YamlNode[]>();
  #items = 0;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Notes a problem at a node. */
  fail(code: PolicyErrorCode, at: Position, text: { readonly message: string; readonly hint?: string }): void {
    this.#problems.add(code, at, text);
  }

  /** Runs a check that throws and notes its failure at a place. */
  check(at: Position, run: () => void): void {
    this.#problems.catching(at, run);
  }

  /** Makes a set known to later lists. */
  defineSet(name: string, items: readonly YamlNode[]): void {
    this.#sets.set(name, items);
  }

  /** Reads a map whose keys are all known. */
  map(node: YamlNode, what: string, known: readonly string[]): ReadonlyMap<string, YamlEntry> {
    const entries = new Map<string, YamlEntry>();
    if (node.kind !== "map") {
      this.fail("POLICY_VALUE", node.at, { message: `${what} is not a map`, hint: `its keys: ${known.join(" ")}` });
      return entries;
    }
    for (const entry of node.entries) {
      if (known.includes(entry.key)) entries.set(entry.key, entry);
      else {
        this.fail("POLICY_KEY", entry.at, {
          message: `unknown key "${entry.key.slice(0, 60)}" in ${what}`,
          hint: didYouMean(entry.key, known),
        });
      }
    }
    return entries;
  }

  /** Reads a list, with `$name` items replaced by the items of that set. */
  list(node: YamlNode, what: string): readonly YamlNode[] {
    if (node.kind !== "list") {
      this.fail("POLICY_VALUE", node.at, { message: `${what} is not a list`, hint: "write it in brackets: [a, b]" });
      return [];
    }
    const items = node.items.flatMap((item) => this.#splice(item));
    this.#items += items.length;
    // Threat: 5,000 rules that each splice one set of 50,000 items.
    if (this.#items <= MAX_ITEMS) return items;
    this.fail("POLICY_LIMIT", node.at, { message: `more than ${MAX_ITEMS} list items in one file` });
    return [];
  }

  #splice(item: YamlNode): readonly YamlNode[] {
    if (item.kind !== "scalar" || typeof item.value !== "string" || !item.value.startsWith("$")) return [item];
    if (item.value.startsWith("${")) return [item];
    const name = item.value.slice(1);
    const set = this.#sets.get(name);
    if (set !== undefined) return set;
    this.fail("POLICY_REF", item.at, {
      message: `unknown set "${item.value.slice(0, 60)}"`,
      hint: this.#sets.size === 0 ? "the file has no `sets`" : didYouMean(name, [...this.#sets.keys()]),
    });
    return [];
  }

  /** Reads a text. */
  text(node: YamlNode, what: string): string | null {
    if (node.kind === "scalar" && typeof node.value === "string") return node.value;
    this.fail("POLICY_VALUE", node.at, {
      message: `${what} is not text`,
      ...(node.kind === "scalar" && node.value !== null
        ? { hint: `put quotes around it: "${String(node.value)}"` }
        : {}),
    });
    return null;
  }

  /** Reads a text that is not empty. */
  someText(node: YamlNode, what: string): string | null {
    const text = this.text(node, what);
    if (text !== "") return text;
    this.fail("POLICY_VALUE", node.at, { message: `${what} is empty` });
    return null;
  }

  /** Reads a list of texts, none empty. */
  texts(node: YamlNode, what: string): readonly PlacedText[] {
    return this.list(node, what).flatMap((item) => {
      const text = this.someText(item, `an item of ${what}`);
      return text === null ? [] : [{ text, at: item.at }];
    });
  }

  /** Reads a text or a list of texts. */
  oneOrTexts(node: YamlNode, what: string): readonly PlacedText[] {
    if (node.kind === "list") return this.texts(node, what);
    const text = this.someText(node, what);
    return text === null ? [] : [{ text, at: node.at }];
  }

  /** Reads a member of a closed set. */
  word<T extends string>(node: YamlNode, what: string, set: readonly T[]): T | null {
    const text = this.text(node, what);
    if (text === null || isWord(set, text)) return text;
    this.fail("POLICY_VALUE", node.at, {
      message: `unknown ${what} "${text.slice(0, 60)}"`,
      hint: didYouMean(text, set),
    });
    return null;
  }

  /** Reads a member of a closed set, or a list of them, each once. */
  words<T extends string>(node: YamlNode, what: string, set: readonly T[]): readonly T[] {
    const nodes = node.kind === "list" ? this.list(node, what) : [node];
    return [...new Set(nodes.flatMap((item) => this.word(item, what, set) ?? []))];
  }

  /** Reads `true` or `false`. */
  flag(node: YamlNode, what: string): boolean | null {
    if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
    this.fail("POLICY_VALUE", node.at, { message: `${what} is neither true nor false` });
    return null;
  }

  /** Reads a whole number within bounds. */
  integer(node: YamlNode, what: string, bounds: { readonly min: number; readonly max: number }): number | null {
    const value = node.kind === "scalar" ? node.value : null;
    if (typeof value === "number" && value >= bounds.min && value <= bounds.max) return value;
    this.fail("POLICY_VALUE", node.at, {
      message: `${what} is not a whole number from ${bounds.min} to ${bounds.max}`,
    });
    return null;
  }

  /** Reads a duration within bounds, in milliseconds. */
  duration(node: YamlNode, what: string, bounds: { readonly min: string; readonly max: string }): number | null {
    const text = this.text(node, what);
    if (text === null) return null;
    const ms = parseDuration(text);
    if (ms === null) {
      this.fail("POLICY_VALUE", node.at, { message: `${what} is not a duration`, hint: "write 90s, 5m, 12h or 30d" });
      return null;
    }
    if (ms >= (parseDuration(bounds.min) ?? 0) && ms <= (parseDuration(bounds.max) ?? 0)) return ms;
    this.fail("POLICY_LIMIT", node.at, { message: `${what} is not from ${bounds.min} to ${bounds.max}` });
    return null;
  }
}
