import {
  type Capability,
  type Classification,
  type Decision,
  type Layer,
  LAYERS,
  NO_OBLIGATIONS,
  type RuleRef,
  severity,
  type Verdict,
} from "../core/mod.ts";
import type { FileApproval, GrantScope, PolicyDocument, PolicyRule } from "./document.ts";
import { compileHostGlob, type HostGlob } from "./host-glob.ts";
import { compilePathGlob, foldRoots, type PathGlob, type PathRoots } from "./path-glob.ts";
import { type RuleTable, ruleTable } from "./rule-index.ts";
import { compileTests, type RuleTest, type TestOptions } from "./rule-tests.ts";
import { ALL_CLASSES, classBit, classMask, type Mask } from "./words-masks.ts";

/** One policy file and how it counts. */
export interface PolicyLayer {
  /** How its rules rank and are reported: `system`, `user` or `project`. */
  readonly layer: Layer;
  /** The rules, with globs still as text. */
  readonly document: PolicyDocument;
  /** `sha256:` of the file. */
  readonly sha256: string;
  /** Where it stands, for people. */
  readonly path: string;
  /** `true` when its `allow`s count; `false` lets it tighten only. */
  readonly grants: boolean;
}

/** A rule ready to be compared. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  readonly layer: Layer;
  readonly ref: RuleRef;
  readonly effect: Decision;
  /** Position among all rules: severest first, then by layer, then by id; smaller is reported. */
  readonly rank: number;
  /** `true` when a match counts against the default deny. */
  readonly grants: boolean;
  /** `true` for an allow that stands by a tainted action. */
  readonly acceptsTaint: boolean;
  readonly classes: Mask;
  readonly tests: readonly RuleTest[];
  /** For an ask: the tests of a match that restricts but does not grant; `null` when there is no difference. */
  readonly tightenTests: readonly RuleTest[] | null;
  readonly except: { readonly classes: Mask; readonly tests: readonly RuleTest[] } | null;
  readonly redact: Mask;
  readonly maxBytes: number | null;
  readonly scope: GrantScope | null;
  readonly ttlMs: number | null;
  /** The verdict when this rule alone decides and nothing is added. */
  readonly verdict: Verdict;
}

/** A `classify` entry ready to be compared. */
export interface CompiledClassify {
  readonly paths: readonly PathGlob[];
  readonly hosts: readonly HostGlob[];
  readonly classes: Mask;
  readonly grants: boolean;
}

/** All layers, compiled: what a decision reads. Immutable. */
export interface CompiledPolicy {
  readonly roots: PathRoots;
  readonly tables: Readonly<Record<Capability, RuleTable>>;
  /** `allow`s of untrusted layers, by capability: they never count but explain a denial. */
  readonly ignored: Readonly<Record<Capability, readonly CompiledRule[]>>;
  readonly classify: readonly CompiledClassify[];
  /** Ceilings of all files together. */
  readonly ceiling: Required<FileApproval> & { readonly maxScope: GrantScope; readonly timeoutMs: number };
  /** `true` when some granting layer has a rule that grants anything. */
  readonly grantsAnything: boolean;
  /** `true` when a project policy exists but is not trusted. */
  readonly untrusted: boolean;
}

/** How long a person is waited for unless a file says otherwise. */
export const DEFAULT_TIMEOUT_MS = 300_000;

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

interface CompileContext {
  readonly rank: number;
  readonly roots: PathRoots;
}

function compileRule(rule: PolicyRule, layer: PolicyLayer, { rank, roots }: CompileContext): CompiledRule {
  const deny = rule.effect === "deny";
  const ask = rule.effect === "requires_approval";
  const doubtful = rule.match.argv !== undefined || rule.match.cidr !== undefined;
  return new LazyRule({
    rule,
    layer: layer.layer,
    ref: { layer: layer.layer, rule: rule.id, policy: layer.sha256 },
    effect: rule.effect,
    rank,
    grants: layer.grants,
    acceptsTaint: layer.grants && (rule.effect === "allow" || rule.effect === "allow_with_redaction") &&
      (rule.match.tainted === "any" || rule.match.tainted === "true"),
    classes: rulesClasses(rule.match.classification, deny),
    redact: classMask(rule.redact),
    maxBytes: rule.maxBytes,
    scope: rule.approval?.maxScope ?? null,
    ttlMs: rule.approval?.ttlMs ?? null,
    verdict: {
      decision: rule.effect,
      rule: rule.id,
      layer: layer.layer,
      reason: reasonOf(rule),
      obligations: NO_OBLIGATIONS,
      approval: null,
      granted: null,
      hint: deny ? `the rule stands in ${layer.path}, line ${rule.at.line}` : null,
    },
  }, { roots, mode: deny ? "deny" : ask ? "ask" : "grant", tightens: ask && doubtful });
}

type PlainRule = Omit<CompiledRule, "tests" | "tightenTests" | "except">;

interface TestPlan extends TestOptions {
  /** `true` when the rule is looked at a second time. */
  readonly tightens: boolean;
}

/** A rule whose tests are made when it is first compared: of thousands of rules a session meets a few. */
class LazyRule implements CompiledRule {
  readonly rule: PolicyRule;
  readonly layer: Layer;
  readonly ref: RuleRef;
  readonly effect: Decision;
  readonly rank: number;
  readonly grants: boolean;
  readonly acceptsTaint: boolean;
  readonly classes: Mask;
  readonly redact: Mask;
  readonly maxBytes: number | null;
  readonly scope: GrantScope | null;
  readonly ttlMs: number | null;
  readonly verdict: Verdict;
  readonly #plan: TestPlan;
  #tests: readonly RuleTest[] | null = null;
  #tightenTests: readonly RuleTest[] | null = null;
  #except: CompiledRule["except"] = null;

  constructor(plain: PlainRule, plan: TestPlan) {
    this.rule = plain.rule;
    this.layer = plain.layer;
    this.ref = plain.ref;
    this.effect = plain.effect;
    this.rank = plain.rank;
    this.grants = plain.grants;
    this.acceptsTaint = plain.acceptsTaint;
    this.classes = plain.classes;
    this.redact = plain.redact;
    this.maxBytes = plain.maxBytes;
    this.scope = plain.scope;
    this.ttlMs = plain.ttlMs;
    this.verdict = plain.verdict;
    this.#plan = plan;
  }

  get tests(): readonly RuleTest[] {
    return this.#tests ??= compileTests(this.rule.match, this.#plan);
  }

  get tightenTests(): readonly RuleTest[] | null {
    if (!this.#plan.tightens) return null;
    return this.#tightenTests ??= compileTests(this.rule.match, { ...this.#plan, mode: "tighten" });
  }

  get except(): CompiledRule["except"] {
    const { except } = this.rule;
    if (except === null) return null;
    return this.#except ??= {
      classes: rulesClasses(except.classification, false),
      tests: compileTests(except, { ...this.#plan, mode: "except" }),
    };
  }
}

/** `unknown` may be anything, so that every deny by class takes it; a grant takes it only when it says so. */
function rulesClasses(words: readonly Classification[] | undefined, deny: boolean): Mask {
  if (words === undefined) return ALL_CLASSES;
  return classMask(words) | (deny ? classBit("unknown") : 0);
}

/** The reason of a rule in a verdict. */
export function reasonOf(rule: PolicyRule): string {
  return `rule: ${rule.reason ?? `"${rule.id}" ${SAYS[rule.effect]}`}`;
}

const SAYS: Readonly<Record<Decision, string>> = {
  allow: "allows it",
  allow_with_redaction: "allows it, masked",
  requires_approval: "asks first",
  deny: "denies it",
};

function compileClassify({ document, grants }: PolicyLayer, roots: PathRoots): readonly CompiledClassify[] {
  return document.classify.map((entry) => ({
    paths: entry.paths.map((path) => compilePathGlob(path, roots)),
    hosts: entry.hosts.map(compileHostGlob),
    classes: classMask(entry.as),
    grants,
  }));
}

const SCOPE_RANK: Readonly<Record<GrantScope, number>> = { once: 0, session: 1, package: 2, project: 2 };

/** Returns the narrower of two scopes; `project` and `package` reach equally far. */
export function narrowerScope(a: GrantScope, b: GrantScope): GrantScope {
  return SCOPE_RANK[b] < SCOPE_RANK[a] ? b : a;
}

function ceilingOf(files: readonly FileApproval[]): CompiledPolicy["ceiling"] {
  return files.reduce<CompiledPolicy["ceiling"]>((all, file) => ({
    maxScope: file.maxScope === null ? all.maxScope : narrowerScope(all.maxScope, file.maxScope),
    timeoutMs: Math.min(all.timeoutMs, file.timeoutMs ?? all.timeoutMs),
    ttlMs: smaller(all.ttlMs, file.ttlMs),
  }), { maxScope: "project", timeoutMs: DEFAULT_TIMEOUT_MS, ttlMs: null });
}

/** The smaller of two numbers, where `null` is no bound. */
export function smaller(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
