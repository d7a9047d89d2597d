import type { Capability, Decision, Layer, RuleRef, Verdict } from "../core/mod.ts";
import type { FileApproval, GrantScope, PolicyDocument, PolicyRule } from "./document.ts";
import type { HostGlob } from "./host-glob.ts";
import type { PathGlob } from "./path-glob.ts";
import type { PathRoots } from "./path-syntax.ts";
import type { RuleTable } from "./rule-index.ts";
import type { RuleTest } from "./rule-test.ts";
import type { Mask } from "./words-masks.ts";

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
