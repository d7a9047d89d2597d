import type { Capability } from "../core/mod.ts";
import type { CompiledRule } from "./compile.ts";
import { compilePathGlob, type PathGlob, type PathRoots } from "./path-glob.ts";
import { SKILL_DATA } from "./rule-tests.ts";
import { hasWildcard } from "./text-glob.ts";

/** Rules by key, each list severest first. */
export type RulesByKey = ReadonlyMap<string, readonly CompiledRule[]>;

/** The rules of one capability, each list severest first. */
export interface RuleTable {
  /** Every rule, for the plain scan that the index is tested against. */
  readonly all: readonly CompiledRule[];
  /** Rules that may match anything. */
  readonly generic: readonly CompiledRule[];
  /** Rules by the whole key of a target: program, host, handle, package, import. */
  readonly keyed: RulesByKey | null;
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
 * Indexes rules by the literal part of their narrowest matcher, so that a decision looks at few of thousands.
 *
 * @param rules Rules of one capability, by rank.
 * @param capability Which.
 * @param roots What `${…}` stands for, folded.
 * @returns The table.
 */
export function indexRules(rules: readonly CompiledRule[], capability: Capability, roots: PathRoots): RuleTable {
  const generic: CompiledRule[] = [];
  const keyed = new Map<string, CompiledRule[]>();
  const folders = new Map<number, CompiledRule[]>();
  const names = new Map<number, CompiledRule[]>();
  let depths = 0;
  for (const rule of rules) {
    const keys = keysOf(rule, capability, roots);
    if (keys === null) {
      generic.push(rule);
      continue;
    }
    for (const key of keys.keys) push(keyed, key, rule);
    for (const name of keys.names) push(names, hashText(name, 0), rule);
    for (const folder of keys.folders) {
      push(folders, hashText(folder, 0), rule);
      depths |= 1 << depthOf(folder);
    }
  }
  return { all: rules, generic, keyed: orNull(keyed), folders: orNull(folders), depths, names: orNull(names) };
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

interface RuleKeys {
  readonly keys: readonly string[];
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
      // Two literal labels follow every wildcard, so that the last two tell hosts apart.
      return match.hosts === undefined ? null : plain(match.hosts.map((host) => hostKey(host.toLowerCase())));
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
  return keys.some(hasWildcard) ? null : { keys, folders: [], names: [] };
}

/** The key of a host: its last two labels. */
export function hostKey(host: string): string {
  const last = host.lastIndexOf(".");
  const before = last <= 0 ? -1 : host.lastIndexOf(".", last - 1);
  return before < 0 ? host : host.slice(before + 1);
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
  return { keys: [], folders, names };
}

/** The literal folders that every match of a glob starts with; `""` when there are none. */
function folderOf(glob: Exclude<PathGlob, { kind: "never" }>): string {
  const base = glob.kind === "exact" ? glob.path : glob.below.slice(0, -1);
  return base === "/" ? "" : base.split("/").slice(0, MAX_DEPTH + 1).join("/");
}

function depthOf(folder: string): number {
  return folder.split("/").length - 1;
}
