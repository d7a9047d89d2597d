import type { Capability } from "../core/mod.ts";
import type { CompiledRule } from "./compiled-policy.ts";
import { compilePathGlob, type PathGlob } from "./path-glob.ts";
import type { PathRoots } from "./path-syntax.ts";
import { SKILL_DATA } from "./target-tests.ts";
import { hasWildcard } from "./text-glob.ts";

/** Rules by key, each list severest first. */
export type RulesByKey = ReadonlyMap<string, readonly CompiledRule[]>;

/** The rules of one capability. */
export interface RuleTable {
  /** Every rule, severest first. */
  readonly all: readonly CompiledRule[];
  /** The same rules by key, made on first use: most commands decide one or two kinds of action. */
  index(): RuleIndex;
}

/** Rules by key, each list severest first. */
export interface RuleIndex {
  /** Rules that may match anything. */
  readonly generic: readonly CompiledRule[];
  /** Rules by the whole key of a target: program, handle, package, import. */
  readonly keyed: RulesByKey | null;
  /** Rules about hosts by the hash, from right to left, of the literal labels that they end with. */
  readonly hosts: RulesByHash | null;
  /** Rules about paths by the hash of the literal folders that they start with. */
  readonly folders: RulesByHash | null;
  /** Bit `n` is set when `folders` has keys of `n` segments: only there is a path looked up. */
  readonly depths: number;
  /** Rules about paths by the hash of the last segment. */
  readonly names: RulesByHash | null;
}

/**
 * Rules by hash. Two keys with one hash share a list, which costs a few comparisons and changes no answer: every rule
 * found is still matched in full.
 */
export type RulesByHash = ReadonlyMap<number, readonly CompiledRule[]>;

/** Keys deeper than this are cut: rules below share one list. */
const MAX_DEPTH = 8;

/**
 * Makes the table of one capability.
 *
 * @param rules Its rules, by rank.
 * @param capability Which.
 * @param roots What `${…}` stands for, folded.
 * @returns The table.
 */
export function ruleTable(rules: readonly CompiledRule[], capability: Capability, roots: PathRoots): RuleTable {
  let made: RuleIndex | null = null;
  return { all: rules, index: () => made ??= indexRules(rules, capability, roots) };
}

/**
 * Indexes rules by the literal part of their narrowest matcher, so that a decision looks at few of thousands.
 *
 * @param rules Rules of one capability, by rank.
 * @param capability Which.
 * @param roots What `${…}` stands for, folded.
 * @returns The index.
 */
function indexRules(rules: readonly CompiledRule[], capability: Capability, roots: PathRoots): RuleIndex {
  const generic: CompiledRule[] = [];
  const keyed = new Map<string, CompiledRule[]>();
  const folders = new Map<number, CompiledRule[]>();
  const names = new Map<number, CompiledRule[]>();
  const hosts = new Map<number, CompiledRule[]>();
  let depths = 0;
  for (const rule of rules) {
    const keys = keysOf(rule, capability, roots);
    if (keys === null) {
      generic.push(rule);
      continue;
    }
    for (const key of keys.keys) push(keyed, key, rule);
    for (const tail of keys.hosts) push(hosts, hashBackwards(tail), rule);
    for (const name of keys.names) push(names, hashText(name, 0), rule);
    for (const folder of keys.folders) {
      push(folders, hashText(folder, 0), rule);
      depths |= 1 << depthOf(folder);
    }
  }
  return {
    generic,
    keyed: orNull(keyed),
    hosts: orNull(hosts),
    folders: orNull(folders),
    depths,
    names: orNull(names),
  };
}

function orNull<K>(map: Map<K, CompiledRule[]>): Map<K, CompiledRule[]> | null {
  return map.size === 0 ? null : map;
}

/** One step of the hash: the letters of a text from left to right. */
export function hashStep(hash: number, letter: number): number {
  return (Math.imul(hash, 31) + letter) | 0;
}

/** Hashes a text from an offset to its end. */
export function hashText(text: string, from: number): number {
  let hash = 0;
  for (let at = from; at < text.length; at++) hash = hashStep(hash, text.charCodeAt(at));
  return hash;
}

function push<K>(map: Map<K, CompiledRule[]>, key: K, rule: CompiledRule): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [rule]);
  // The alternatives of one rule may share a key.
  else if (list.at(-1) !== rule) list.push(rule);
}

/** Hashes a text from its end, as a walk over the labels of a host does. */
function hashBackwards(text: string): number {
  let hash = 0;
  for (let at = text.length - 1; at >= 0; at--) hash = hashStep(hash, text.charCodeAt(at));
  return hash;
}

interface RuleKeys {
  readonly keys: readonly string[];
  readonly hosts: readonly string[];
  readonly folders: readonly string[];
  readonly names: readonly string[];
}

/** `null` for a rule that has to be looked at always. */
function keysOf({ rule }: CompiledRule, capability: Capability, roots: PathRoots): RuleKeys | null {
  const { match } = rule;
  switch (capability) {
    case "file_read":
    case "file_write":
    case "acp_context_request":
    case "mvm_mount":
      return match.paths === undefined ? null : pathKeys(match.paths, roots);
    case "shell_command":
      return match.argv === undefined ? null : plain(match.argv.flatMap(({ words }) => words[0] ?? ["*"]));
    case "network_request":
    case "model_call":
      return match.hosts === undefined ? null : { keys: [], hosts: match.hosts.map(tailOf), folders: [], names: [] };
    case "secret_handle_usage":
      return match.secrets === undefined ? null : plain(match.secrets);
    case "package_install":
    case "package_execution":
      return match.packages === undefined ? null : plain(match.packages);
    case "wasm_host_call":
      return match.imports === undefined ? null : plain(match.imports);
    case "skill_load":
    case "runtime_launch":
      return null;
    default:
      return capability satisfies never;
  }
}

function plain(keys: readonly string[]): RuleKeys | null {
  return keys.some(hasWildcard) ? null : { keys, hosts: [], folders: [], names: [] };
}

/** The literal labels behind the last wildcard of a host glob: two at least, or the whole host. */
function tailOf(glob: string): string {
  const labels = glob.toLowerCase().split(".");
  return labels.slice(labels.findLastIndex(hasWildcard) + 1).join(".");
}

function pathKeys(paths: readonly string[], roots: PathRoots): RuleKeys | null {
  const folders: string[] = [];
  const names: string[] = [];
  for (const path of paths) {
    if (path.startsWith(SKILL_DATA)) return null;
    const glob = compilePathGlob(path, roots);
    if (glob.kind === "never") continue;
    const folder = folderOf(glob);
    if (folder !== "") folders.push(folder);
    else if (glob.kind === "ends" && glob.tail.lastIndexOf("/") === 0) names.push(glob.tail.slice(1));
    else return null;
  }
  return { keys: [], hosts: [], folders, names };
}

/** The literal folders that every match of a glob starts with; `""` when there are none. */
function folderOf(glob: Exclude<PathGlob, { kind: "never" }>): string {
  const base = glob.kind === "exact" ? glob.path : glob.below.slice(0, -1);
  return base === "/" ? "" : base.split("/").slice(0, MAX_DEPTH + 1).join("/");
}

function depthOf(folder: string): number {
  return folder.split("/").length - 1;
}
