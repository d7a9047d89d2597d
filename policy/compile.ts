import { type Capability, LAYERS, severity } from "../core/mod.ts";
import { compileRule } from "./compile-rule.ts";
import type { CompiledClassify, CompiledPolicy, CompiledRule, PolicyLayer } from "./compiled-policy.ts";
import type { FileApproval, GrantScope } from "./document.ts";
import { DAY_MS } from "./duration.ts";
import { compileHostGlob } from "./host-glob.ts";
import { compilePathGlob } from "./path-glob.ts";
import { foldRoots, type PathRoots } from "./path-syntax.ts";
import { ruleTable } from "./rule-index.ts";
import { classMask } from "./words-masks.ts";

/**
 * Compiles the layers that count into one structure for `decide`.
 *
 * @param layers Parsed files; their order does not matter.
 * @param roots What `${…}` stands for.
 * @returns The compiled policy.
 * @throws {PolicyError} `POLICY_GLOB`, `POLICY_REF` or `POLICY_HOST` for a document that was not checked by the parser.
 */
export function compilePolicy(layers: readonly PolicyLayer[], roots: PathRoots): CompiledPolicy {
  return compileFolded(layers, foldRoots(roots));
}

function compileFolded(layers: readonly PolicyLayer[], roots: PathRoots): CompiledPolicy {
  const sorted = layers.flatMap((layer) => layer.document.rules.map((rule) => ({ rule, layer }))).toSorted(
    (a, b) =>
      severity(b.rule.effect) - severity(a.rule.effect) ||
      LAYERS.indexOf(a.layer.layer) - LAYERS.indexOf(b.layer.layer) || compareText(a.rule.id, b.rule.id),
  );
  const rules = sorted.map(({ rule, layer }, rank) => compileRule(rule, layer, { rank, roots }));
  const active = rules.filter(counts);
  return {
    roots,
    tables: byCapability((capability) => ruleTable(rulesFor(active, capability), capability, roots)),
    ignored: byCapability((capability) => rulesFor(rules.filter((rule) => !counts(rule)), capability)),
    classify: layers.flatMap((layer) => compileClassify(layer, roots)),
    ceiling: ceilingOf(layers.map((layer) => layer.document.approval)),
    grantsAnything: rules.some((rule) => rule.grants && rule.effect !== "deny"),
    untrusted: layers.some((layer) => !layer.grants && layer.layer === "project"),
  };
}

/** Tells whether a match of this rule has any effect: the `allow` of an untrusted project has none. */
export function counts(rule: CompiledRule): boolean {
  return rule.grants || rule.effect !== "allow";
}

function rulesFor(rules: readonly CompiledRule[], capability: Capability): readonly CompiledRule[] {
  return rules.filter((compiled) => compiled.rule.capabilities.includes(capability));
}

function byCapability<T>(make: (capability: Capability) => T): Readonly<Record<Capability, T>> {
  return {
    file_read: make("file_read"),
    file_write: make("file_write"),
    shell_command: make("shell_command"),
    network_request: make("network_request"),
    model_call: make("model_call"),
    secret_handle_usage: make("secret_handle_usage"),
    package_install: make("package_install"),
    package_execution: make("package_execution"),
    skill_load: make("skill_load"),
    runtime_launch: make("runtime_launch"),
    acp_context_request: make("acp_context_request"),
    mvm_mount: make("mvm_mount"),
    wasm_host_call: make("wasm_host_call"),
  };
}

function compileClassify({ document, grants }: PolicyLayer, roots: PathRoots): readonly CompiledClassify[] {
  return document.classify.map((entry) => ({
    paths: entry.paths.map((path) => compilePathGlob(path, roots)),
    hosts: entry.hosts.map(compileHostGlob),
    classes: classMask(entry.as),
    grants,
  }));
}

/** How long a person is waited for unless a file says otherwise. */
export const DEFAULT_TIMEOUT_MS = 300_000;

/** The lifetime of an answer kept for the project unless a rule or file says otherwise. */
export const DEFAULT_TTL_MS: number = 30 * DAY_MS;

/** What no rule can exceed: of each term the tightest that a file sets. */
export function ceilingOf(files: readonly FileApproval[]): CompiledPolicy["ceiling"] {
  return files.reduce<CompiledPolicy["ceiling"]>((all, file) => ({
    maxScope: file.maxScope === null ? all.maxScope : narrowerScope(all.maxScope, file.maxScope),
    timeoutMs: Math.min(all.timeoutMs, file.timeoutMs ?? all.timeoutMs),
    ttlMs: smaller(all.ttlMs, file.ttlMs),
  }), { maxScope: "project", timeoutMs: DEFAULT_TIMEOUT_MS, ttlMs: null });
}

const SCOPE_RANK: Readonly<Record<GrantScope, number>> = { once: 0, session: 1, package: 2, project: 2 };

/** Returns the narrower of two scopes; `project` and `package` reach equally far. */
export function narrowerScope(a: GrantScope, b: GrantScope): GrantScope {
  return SCOPE_RANK[b] < SCOPE_RANK[a] ? b : a;
}

/** The smaller of two numbers, where `null` is no bound. */
export function smaller(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
