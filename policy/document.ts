import type { ApprovalScope, Capability, Classification, Decision, IsolationTier, SkillActor } from "../core/mod.ts";

/** How far an answer may reach at most. */
export type GrantScope = Exclude<ApprovalScope, "never">;

/** A place in a policy file, both from 1. */
export interface Position {
  /** Line of the file. */
  readonly line: number;
  /** Column in that line, in UTF-16 code units. */
  readonly col: number;
}

/** One word of a {@link WordPattern}: its alternatives, each a glob. */
export type WordChoice = readonly string[];

/** The words of a command, one choice a word; `rest` stands for a last `"..."`: any further words. */
export interface WordPattern {
  /** The leading words a command must have, program first; never empty. */
  readonly words: readonly WordChoice[];
  /** `true` when any number of further words may follow; `false` wants exactly `words`. */
  readonly rest: boolean;
}

/** Which actors a rule is about; lists are alternatives. */
export interface SkillMatcher {
  /** Globs over publisher and name, e.g. `acme/*` or `generated:*`. */
  readonly id?: readonly string[];
  /** Globs over the fingerprint of the publisher's key. */
  readonly publisher?: readonly string[];
  /** Whole `b2:` digests of the bytes that run, no globs. */
  readonly digest?: readonly string[];
  /** How the bytes came to be trusted. */
  readonly trust?: readonly SkillActor["trust"][];
}

/** The matchers of a rule or of its `except`: all that are present must hold, the items of one are alternatives. */
export interface Matchers {
  /** Path globs over the real path; a deny matches by the lexical path too, an `except` must match by both. */
  readonly paths?: readonly string[];
  /** `true` takes only changes that a command made in the sandbox; absent takes direct writes too. */
  readonly staged?: true;
  /** Word patterns over a plain command; an opaque one matches none. */
  readonly argv?: readonly WordPattern[];
  /** Globs over words with a leading `-`: one match is enough to restrict, all must match to let through. */
  readonly options?: readonly string[];
  /** Path globs over the working folder of a command. */
  readonly cwd?: readonly string[];
  /** Host globs over the target's name, e.g. `*.example.com`; an IP address matches none. */
  readonly hosts?: readonly string[];
  /** Port numbers, 1 to 65535. */
  readonly ports?: readonly number[];
  /** HTTP verbs in upper case. */
  readonly methods?: readonly string[];
  /** CIDR blocks, e.g. `10.0.0.0/8`: one address inside is enough to restrict, all must lie inside to let through. */
  readonly cidr?: readonly string[];
  /** Whether the model is reached over a network that is not loopback. */
  readonly remote?: boolean;
  /** Globs over the name of the model's provider, e.g. `anthropic`. */
  readonly providers?: readonly string[];
  /** Globs over the name of the model. */
  readonly models?: readonly string[];
  /** Globs over handles, e.g. `handle://vault/github/*`. */
  readonly secrets?: readonly string[];
  /** Globs over the slot that a value goes into, e.g. `bearer` or `env:*`. */
  readonly inject?: readonly string[];
  /** Path globs over the real path of the program that receives a value. */
  readonly commands?: readonly string[];
  /** Globs over interfaces that a guest imports, e.g. `az:host/*`. */
  readonly imports?: readonly string[];
  /** Globs over package ids, e.g. `acme/pdf`, `npm:*` or `generated:*`. */
  readonly packages?: readonly string[];
  /** On whose behalf the action is proposed; an action of the person's own agent never matches. */
  readonly skill?: SkillMatcher;
  /** Classes of the data, compared one by one; a deny takes `unknown` data too. */
  readonly classification?: readonly Classification[];
  /** Where the action would run. */
  readonly tier?: readonly IsolationTier[];
  /** Whether untrusted text shaped it; `any` in an `allow` takes both and spares the floor's question. */
  readonly tainted?: "true" | "false" | "any";
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

/** What a test, an example or `explain` asks about. */
export interface PolicyRequest {
  /** What would be done; it says which of the other fields are needed. */
  readonly capability: Capability;
  /** Absolute, relative to the project, or starting with `${project}` or another root. */
  readonly path?: string;
  /** `true` for a change that a command made in the sandbox; absent is a direct write. */
  readonly staged?: boolean;
  /** A command line as `shell` takes it; it wins over `argv`. */
  readonly command?: string;
  /** Words of one command, program first. */
  readonly argv?: readonly string[];
  /** Working folder of the command, spelled like `path`; absent is the project. */
  readonly cwd?: string;
  /** An http(s) URL; it wins over `host` and `port` for a network request. */
  readonly url?: string;
  /** Host name or IP address of a request, a model or the receiver of a secret. */
  readonly host?: string;
  /** Port at `host`; absent is 443. */
  readonly port?: number;
  /** HTTP verb in any case; absent is GET. */
  readonly method?: string;
  /** IP addresses that the host resolves to; absent leaves them unknown, and `cidr` fails. */
  readonly address?: readonly string[];
  /** A handle, or its part after `handle://vault/`. */
  readonly secret?: string;
  /** Slot of the value; absent is `bearer`, or `env:SECRET` for a program. */
  readonly inject?: string;
  /** Path of the program that receives the value; it may start with a root. */
  readonly program?: string;
  /** Id of the acting skill, or the skill to load or run. */
  readonly skill?: string;
  /** Replaces how the acting skill came to be trusted. */
  readonly trust?: SkillActor["trust"];
  /** Interface that a guest imports, e.g. `az:host/http`. */
  readonly import?: string;
  /** Package id, with `@` and a version where one is known. */
  readonly package?: string;
  /** Name of the model's provider; absent is `any`. */
  readonly provider?: string;
  /** Name of the model; absent is `any`. */
  readonly model?: string;
  /** Whether the model is remote; absent is told from provider and host. */
  readonly remote?: boolean;
  /** Classes of the data; absent is what `classify` says of a path, else `private`. */
  readonly class?: readonly Classification[];
  /** Where it would run; absent is the usual tier of the capability. */
  readonly tier?: IsolationTier;
  /** `true` when untrusted text shaped the call; absent is `false`. */
  readonly tainted?: boolean;
  /** `true` when secret values are injected into the command. */
  readonly secrets?: boolean;
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
