import type { Capability, Classification, IsolationTier, SkillActor } from "../core/mod.ts";

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

/** Capabilities whose target is a path. */
export const PATH_CAPABILITIES: readonly Capability[] = ["file_read", "file_write", "acp_context_request", "mvm_mount"];
const HOSTS: readonly Capability[] = ["network_request", "model_call", "secret_handle_usage"];

/** Which capabilities each matcher fits; `null` is any. A rule may use it when all its capabilities are listed. */
export const MATCHER_FITS: { readonly [Name in keyof Matchers]-?: readonly Capability[] | null } = {
  paths: PATH_CAPABILITIES,
  staged: ["file_write"],
  argv: ["shell_command"],
  options: ["shell_command"],
  cwd: ["shell_command"],
  hosts: HOSTS,
  ports: HOSTS,
  methods: ["network_request"],
  cidr: ["network_request", "secret_handle_usage"],
  remote: ["model_call"],
  providers: ["model_call"],
  models: ["model_call"],
  secrets: ["secret_handle_usage"],
  inject: ["secret_handle_usage"],
  commands: ["secret_handle_usage"],
  imports: ["wasm_host_call"],
  packages: ["package_install", "package_execution"],
  skill: null,
  classification: null,
  tier: null,
  tainted: null,
};

/** The names of all matchers, in the order of the reference. */
export const MATCHER_NAMES: readonly (keyof Matchers)[] = [
  "paths",
  "staged",
  "argv",
  "options",
  "cwd",
  "hosts",
  "ports",
  "methods",
  "cidr",
  "remote",
  "providers",
  "models",
  "secrets",
  "inject",
  "commands",
  "imports",
  "packages",
  "skill",
  "classification",
  "tier",
  "tainted",
];

/** Tells whether a key of a rule is a matcher. */
export function isMatcher(key: string): key is keyof Matchers {
  return Object.hasOwn(MATCHER_FITS, key);
}
