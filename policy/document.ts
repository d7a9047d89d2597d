import type { ApprovalScope, Capability, Classification, Decision, IsolationTier, SkillActor } from "../core/mod.ts";

/** How far an answer may reach at most. */
export type GrantScope = Exclude<ApprovalScope, "never">;

/** A place in a policy file, both from 1. */
export interface Position {
  readonly line: number;
  readonly col: number;
}

/** One word of a {@link WordPattern}: its alternatives, each a glob. */
export type WordChoice = readonly string[];

/** The words of a command, one choice a word; `rest` stands for a last `"..."`: any further words. */
export interface WordPattern {
  readonly words: readonly WordChoice[];
  readonly rest: boolean;
}

/** Which actors a rule is about; lists are alternatives. */
export interface SkillMatcher {
  readonly id?: readonly string[];
  readonly publisher?: readonly string[];
  readonly digest?: readonly string[];
  readonly trust?: readonly SkillActor["trust"][];
}

/** The matchers of a rule or of its `except`: all that are present must hold, the items of one are alternatives. */
export interface Matchers {
  readonly paths?: readonly string[];
  readonly staged?: true;
  readonly argv?: readonly WordPattern[];
  readonly options?: readonly string[];
  readonly cwd?: readonly string[];
  readonly hosts?: readonly string[];
  readonly ports?: readonly number[];
  readonly methods?: readonly string[];
  readonly cidr?: readonly string[];
  readonly remote?: boolean;
  readonly providers?: readonly string[];
  readonly models?: readonly string[];
  readonly secrets?: readonly string[];
  readonly inject?: readonly string[];
  readonly commands?: readonly string[];
  readonly imports?: readonly string[];
  readonly packages?: readonly string[];
  readonly skill?: SkillMatcher;
  readonly classification?: readonly Classification[];
  readonly tier?: readonly IsolationTier[];
  readonly tainted?: "true" | "false" | "any";
}

/** How answers to a rule's question may be remembered; `null` leaves it to the file or the built-in default. */
export interface RuleApproval {
  readonly maxScope: GrantScope | null;
  readonly ttlMs: number | null;
  readonly shape: "exact" | "pattern";
}

/** What a test, an example or `explain` asks about. */
export interface PolicyRequest {
  readonly capability: Capability;
  readonly path?: string;
  readonly staged?: boolean;
  readonly command?: string;
  readonly argv?: readonly string[];
  readonly cwd?: string;
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly method?: string;
  readonly address?: readonly string[];
  readonly secret?: string;
  readonly inject?: string;
  readonly program?: string;
  readonly skill?: string;
  readonly trust?: SkillActor["trust"];
  readonly import?: string;
  readonly package?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly remote?: boolean;
  readonly class?: readonly Classification[];
  readonly tier?: IsolationTier;
  readonly tainted?: boolean;
  readonly secrets?: boolean;
}

/** A line of `tests`; `rule` absent is not checked, `null` wants a default deny. */
export interface PolicyTest {
  readonly name: string | null;
  readonly request: PolicyRequest;
  readonly expect: Decision;
  readonly rule?: string | null;
  readonly at: Position;
}

/** Requests that a rule must, or must not, match. */
export interface RuleExamples {
  readonly match: readonly PolicyRequest[];
  readonly not_match: readonly PolicyRequest[];
}

/** One rule, with sets spliced in and every default made explicit. */
export interface PolicyRule {
  readonly id: string;
  readonly effect: Decision;
  readonly capabilities: readonly Capability[];
  readonly reason: string | null;
  readonly match: Matchers;
  readonly except: Matchers | null;
  readonly approval: RuleApproval | null;
  readonly redact: readonly Classification[];
  readonly maxBytes: number | null;
  readonly examples: RuleExamples;
  readonly at: Position;
}

/** Says what data of some paths or hosts is. */
export interface ClassifyRule {
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
  readonly as: readonly Classification[];
  readonly at: Position;
}

/** The ceilings of a file over all its rules. */
export interface FileApproval {
  readonly maxScope: GrantScope | null;
  readonly timeoutMs: number | null;
  readonly ttlMs: number | null;
}

/** A policy file that passed every check of form; globs are still text. JSON-safe: this is what a bundle holds. */
export interface PolicyDocument {
  readonly version: 2;
  readonly name: string | null;
  readonly approval: FileApproval;
  /** Names of the sets, for messages; their items are already in the rules. */
  readonly sets: readonly string[];
  readonly classify: readonly ClassifyRule[];
  readonly rules: readonly PolicyRule[];
  readonly tests: readonly PolicyTest[];
}

/** Something wrong with a policy file. */
export interface PolicyProblem {
  /** `POLICY_…` or `AZP…`. */
  readonly code: string;
  readonly level: "error" | "warning";
  readonly line: number;
  readonly col: number;
  readonly message: string;
  readonly hint: string | null;
}

/** A file read as policy: a document, or at least one problem of level `error`. */
export type ParsedPolicy =
  | { readonly ok: true; readonly document: PolicyDocument; readonly problems: readonly PolicyProblem[] }
  | { readonly ok: false; readonly document: null; readonly problems: readonly PolicyProblem[] };
