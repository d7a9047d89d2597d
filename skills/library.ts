import type { Clock, Digest, IsolationTier } from "../core/mod.ts";
import type { PolicyEngine } from "../policy/mod.ts";
import type { TrustPlace } from "./trust/place.ts";
import type { GrantedSkill } from "./stages.ts";
import type { SkillProfile, SkillRuntime } from "./skill-md.ts";

/** Where a skill is found; the order of the search. */
export type SkillPlace = "builtin" | "installed" | "generated" | "home" | "project" | "agents";

/** Whether a skill can be used: at once, after a question, or not (then `code` says why). */
export type SkillState = "ready" | "asks" | "refused";

/** A skill as `skill list` shows it. Every text in it is untrusted. */
export interface SkillListing {
  /** What it is called by. */
  readonly name: string;
  /** `NAMESPACE/NAME`, `local/NAME` for folders. */
  readonly id: string;
  /** Its version; `0.0.0` for folders. */
  readonly version: string;
  /** How its `SKILL.md` is read. */
  readonly profile: SkillProfile;
  /** What runs it. */
  readonly runtime: SkillRuntime;
  /** Whether it can be used. */
  readonly state: SkillState;
  /** Why it cannot, or what it asks for; `null` when it is ready. */
  readonly code: string | null;
  /** Digest of its permissions. */
  readonly perm: Digest;
  /** What it will do; for folder skills the digest of the text. `null` when it cannot be read. */
  readonly fingerprint: Digest | null;
  /** Where it came from. */
  readonly source: string;
  /** Keys that the compat profile did not use. */
  readonly ignored: readonly string[];
  /** Where it was found. */
  readonly place: SkillPlace;
}

/** A skill that others hold: built-in skills, generated tools. Keeps its name in the search. */
export interface OtherSkill {
  /** The listing; its `place` says who holds it. */
  readonly listing: SkillListing;
  /** What it does and when to use it. */
  readonly description: string;
  /** Loads it, or `null` for what has no text (a generated tool is called, not loaded). */
  readonly load: (() => Promise<GrantedSkill>) | null;
}

/** What the skills of a project are opened with. */
export interface SkillsOptions extends TrustPlace {
  /** Real path of the project, or `null`: then only built-in skills and those of the home are there. */
  readonly project: string | null;
  /** Remembers grants, and says whether the project's policy is trusted. */
  readonly policy: Pick<
    PolicyEngine,
    "forget" | "generation" | "grantPackage" | "grants" | "packageGrant" | "refresh" | "revokePackage" | "tampered"
  >;
  /** Says when a lock was left behind. */
  readonly clock: Clock;
  /** Names of built-in tools: no skill takes one. */
  readonly reserved: readonly string[];
  /** Built-in skills and generated tools. */
  readonly others: readonly OtherSkill[];
}

/** A line of the list that the model is shown. */
export interface SkillSummary {
  /** What it is called by. */
  readonly name: string;
  /** What it does and when to use it; untrusted. */
  readonly description: string;
  /** What runs it. */
  readonly runtime: SkillRuntime;
}

/** A skill that was loaded, and what its first activation asks. */
export interface LoadedSkill {
  /** The skill, every check passed just now. */
  readonly skill: GrantedSkill;
  /** Where its text is used. */
  readonly tier: IsolationTier;
  /**
   * For folder skills: whether a person activated this very text before. `changed` asks again, and where nobody can be
   * asked it is `CONTENT_CHANGED`. `null` for signed, built-in and generated skills.
   */
  readonly text: "new" | "known" | "changed" | null;
  /** Remembers that a person activated this text; does nothing for other skills. */
  activated(): void;
}

/** The skills of one project and home. Reads anew whenever it is asked. */
export interface SkillLibrary {
  /** Every skill, also those that are refused. Reads no archive. @throws {SkillsError} `LOCK_INVALID`, `TRUST_TAMPERED`. */
  list(): readonly SkillListing[];
  /** Name and description of what can be used, for the start of a session. Never throws: what is broken is left out. */
  summaries(): readonly SkillSummary[];
  /** The holder of a name, or `null`. */
  find(name: string): SkillListing | null;
  /**
   * Loads a skill: lock, archive and signature from the store, signature again, revocations, canonical form,
   * permissions against the grant.
   *
   * @throws {SkillsError} What is wrong, by its reason code.
   */
  load(name: string): Promise<LoadedSkill>;
  /** The skill of {@link load}, for a run. */
  loadForRun(name: string): Promise<GrantedSkill>;
}
