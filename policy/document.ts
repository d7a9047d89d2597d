import type { ApprovalScope, Capability, Classification, Decision } from "../core/mod.ts";
import type { Matchers } from "./matchers.ts";
import type { PolicyRequest } from "./policy-request.ts";

/** How far an answer may reach at most. */
export type GrantScope = Exclude<ApprovalScope, "never">;

/** A place in a policy file, both from 1. */
export interface Position {
  /** Line of the file. */
  readonly line: number;
  /** Column in that line, in UTF-16 code units. */
  readonly col: number;
}

/** How answers to a rule's question may be remembered; `null` leaves it to the file or the built-in default. */
export interface RuleApproval {
  /** Widest scope on offer; the built-in default is `session`. */
  readonly maxScope: GrantScope | null;
  /** Lifetime of a remembered answer in milliseconds; the built-in default is 30 days. */
  readonly ttlMs: number | null;
  /** What an answer covers: the exact action, or every command of the rule's matching `argv` pattern. */
  readonly shape: "exact" | "pattern";
}

/** A line of `tests`; `rule` absent is not checked, `null` wants a default deny. */
export interface PolicyTest {
  /** A label for people, or `null`: then the line stands for it. */
  readonly name: string | null;
  /** What is asked. */
  readonly request: PolicyRequest;
  /** The decision that must come out. */
  readonly expect: Decision;
  /** Id of the rule that must decide. */
  readonly rule?: string | null;
  /** Where the test stands. */
  readonly at: Position;
}

/** Requests that a rule must, or must not, match. */
export interface RuleExamples {
  /** Requests the rule must match; one that lets through must match every command of a line. */
  readonly match: readonly PolicyRequest[];
  /** Requests the rule must leave alone. */
  readonly not_match: readonly PolicyRequest[];
}

/** One rule, with sets spliced in and every default made explicit. */
export interface PolicyRule {
  /** Unique in its file: a lower-case letter, then up to 63 of `a-z 0-9 -`. */
  readonly id: string;
  /** The decision that a match calls for. */
  readonly effect: Decision;
  /** What it is about; at least one. */
  readonly capabilities: readonly Capability[];
  /** Why, for people and the model, or `null`: then a stock sentence. */
  readonly reason: string | null;
  /** What must hold; without any matcher the rule takes every action of its capabilities. */
  readonly match: Matchers;
  /** The carve-out of a rule that restricts, or `null`; an `allow` has none. */
  readonly except: Matchers | null;
  /** How answers may be remembered, or `null` for the defaults. */
  readonly approval: RuleApproval | null;
  /** Classes to mask in what the rule lets through. */
  readonly redact: readonly Classification[];
  /** Most bytes of data that the rule lets through, or `null` for no bound. */
  readonly maxBytes: number | null;
  /** Requests that are tried at load; a failure refuses the file. */
  readonly examples: RuleExamples;
  /** Where the rule stands. */
  readonly at: Position;
}

/** Says what data of some paths or hosts is. */
export interface ClassifyRule {
  /** Path globs whose data it labels. */
  readonly paths: readonly string[];
  /** Host globs whose data it labels. */
  readonly hosts: readonly string[];
  /** The classes that this data has. */
  readonly as: readonly Classification[];
  /** Where the entry stands. */
  readonly at: Position;
}

/** The ceilings of a file over all its rules. */
export interface FileApproval {
  /** Widest scope that any answer may have, or `null` for no ceiling. */
  readonly maxScope: GrantScope | null;
  /** Longest that a question stands, 1 s to 1 h in milliseconds, or `null` for no ceiling. */
  readonly timeoutMs: number | null;
  /** Longest that an answer is remembered, 1 min to 90 d in milliseconds, or `null` for no ceiling. */
  readonly ttlMs: number | null;
}

/** A policy file that passed every check of form; globs are still text. JSON-safe: this is what a bundle holds. */
export interface PolicyDocument {
  /** Version of the file format. */
  readonly version: 2;
  /** What the file calls itself, or `null`. */
  readonly name: string | null;
  /** Ceilings over the approvals of every rule. */
  readonly approval: FileApproval;
  /** Names of the sets, for messages; their items are already in the rules. */
  readonly sets: readonly string[];
  /** Labels of data, in the order of the file. */
  readonly classify: readonly ClassifyRule[];
  /** The rules, in the order of the file, which decides nothing. */
  readonly rules: readonly PolicyRule[];
  /** Tests of the file itself, run at load. */
  readonly tests: readonly PolicyTest[];
}

/** Something wrong with a policy file. */
export interface PolicyProblem {
  /** `POLICY_…` or `AZP…`. */
  readonly code: string;
  /** An `error` refuses the file; a `warning` does not. */
  readonly level: "error" | "warning";
  /** Line of the file, from 1. */
  readonly line: number;
  /** Column in that line, from 1. */
  readonly col: number;
  /** What was seen there, one sentence. */
  readonly message: string;
  /** What to write instead, or `null`. */
  readonly hint: string | null;
}

/** A file read as policy: a document, or at least one problem of level `error`. */
export type ParsedPolicy =
  | { readonly ok: true; readonly document: PolicyDocument; readonly problems: readonly PolicyProblem[] }
  | { readonly ok: false; readonly document: null; readonly problems: readonly PolicyProblem[] };
