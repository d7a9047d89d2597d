import type { Capability, Decision } from "../core/mod.ts";
import type { NodeReader } from "./node-reader.ts";
import type { YamlNode } from "./yaml-tree.ts";

/** What the matchers of one map belong to. */
export interface MatcherContext {
  readonly reader: NodeReader;
  readonly capabilities: readonly Capability[];
  readonly effect: Decision;
  /** `true` inside `except`. */
  readonly except: boolean;
}

interface Items<T> {
  readonly context: MatcherContext;
  readonly items: readonly T[];
}

/** An empty list matches nothing: harmless in a grant, but a `deny` that looks like one and is none is refused. */
export function nonEmpty<T>(name: string, node: YamlNode, { context, items }: Items<T>): readonly T[] {
  if (items.length === 0 && context.effect === "deny" && !context.except && node.kind === "list") {
    context.reader.fail("POLICY_VALUE", node.at, {
      message: `"${name}" is empty, so that this deny would match nothing`,
      hint: "leave the matcher out to match all",
    });
  }
  return items;
}
