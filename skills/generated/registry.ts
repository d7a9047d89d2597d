import { AgentZeroError, type Random } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { readLock } from "../lock.ts";
import { isSkillName } from "../names.ts";
import type { DisabledBy } from "./active.ts";
import { changed, known } from "./known-tool.ts";
import type { CheckedDefinition } from "./definition.ts";
import type { ToolEntryRecord, ToolOrigin } from "./entry.ts";
import { type GeneratedPlace, toolsFolder } from "./place.ts";
import { type PlannedVersion, planVersion, registerVersion } from "./register-version.ts";
import { disableTool, noteRun, rollbackTool } from "./switch-tool.ts";
import { folderNames, readState } from "./tool-state.ts";
import { readVersion, type ToolVersion } from "./tool-version.ts";

/** A tool as it is listed; a tool that cannot be used has a code. */
export interface GeneratedListing {
  /** What it is called by. */
  readonly name: string;
  /** `ready` can be called; `disabled` was switched off; `foreign` is somebody else's. */
  readonly state: "ready" | "disabled" | "foreign";
  /** Why it cannot be called, or `null`. */
  readonly code: string | null;
  /** The same for people, or `null`. */
  readonly why: string | null;
  /** Number of the active version; `null` where nothing can be relied on. */
  readonly active: number | null;
  /** Numbers of its versions. */
  readonly versions: readonly number[];
  /** Failures of the sandbox in a row. */
  readonly failures: number;
  /** The active version, every byte of it as it was registered; `null` otherwise. */
  readonly version: ToolVersion | null;
}

/** The generated tools of one project. Reads anew whenever it is asked. */
export interface GeneratedTools {
  /** Every tool, also those that cannot be used. Never throws: what is broken is listed with its code. */
  list(): readonly GeneratedListing[];
  /** Tells whether there is a tool of this name, usable or not. Never throws. */
  has(name: string): boolean;
  /**
   * Loads the active version, every check passed just now on the very buffers it gives. A failed check switches the tool
   * off.
   *
   * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`, `TOOL_DISABLED`, `SHADOW`, `TRUST_TAMPERED`, `TRUST_LOCKED`.
   */
  load(name: string): ToolVersion;
  /** One version by number, for people to look at; `null` when it is not there whole. */
  version(name: string, n: number): ToolVersion | null;
  /** Says what registering a definition would make. */
  plan(checked: CheckedDefinition): PlannedVersion;
  /** Registers a version as the active one. @throws {SkillsError} `BUSY`, `WRITE_FAILED`, `TRUST_LOCKED`. */
  register(
    checked: CheckedDefinition,
    of: { readonly plan: PlannedVersion; readonly origin: ToolOrigin; readonly engine: ToolEntryRecord["engine"] },
  ): ToolVersion;
  /** Makes another version active and switches the tool on. */
  rollback(name: string, n: number | null): ToolVersion;
  /** Switches a tool off. */
  disable(name: string, by: DisabledBy): void;
  /** Counts how a run ended; `true` when that switched the tool off. Never throws. */
  note(version: ToolVersion, failed: boolean): boolean;
}

/** What the generated tools of a project are opened with. */
export interface GeneratedOptions extends GeneratedPlace {
  /** Names folders. */
  readonly random: Random;
}

/**
 * Opens the generated tools of a project.
 *
 * @example
 * ```ts
 * const tools = openGenerated({ home, project, keys, clock, random });
 * const { source, actor } = tools.load("word-count");
 * ```
 * @param options Project, keys and ports.
 * @returns The tools.
 */
export function openGenerated(options: GeneratedOptions): GeneratedTools {
  return {
    list: () => {
      const installed = installedNames(options);
      return folderNames(toolsFolder(options.project)).filter(isSkillName).toSorted().flatMap((name) =>
        listing(options, name).map((found) => installed.includes(name) ? shadowed(found) : found)
      );
    },
    has: (name) => isSkillName(name) && listing(options, name).length > 0,
    load: (name) => load(options, name),
    version: (name, n) => {
      const state = readState(options, name);
      const found = state.kind === "known" ? state.record.versions.find((version) => version.n === n) : undefined;
      return found === undefined ? null : readVersion(options, name, found);
    },
    plan: (checked) => planVersion(options, checked),
    register: (checked, of) => registerVersion(options, checked, of),
    rollback: (name, n) => rollbackTool(options, name, n),
    disable: (name, by) => disableTool(options, name, by),
    note: (version, failed) => {
      try {
        return noteRun(options, version, failed);
      } catch {
        // That it cannot be counted is no reason to lose the result of the run.
        return false;
      }
    },
  };
}

function load(options: GeneratedOptions, name: string): ToolVersion {
  // Threat: two things of one name. What a person installed holds it; a program that a model wrote does not answer to it.
  if (installedNames(options).includes(name)) {
    throw new SkillsError("SHADOW", `Cannot use tool "${name}": an installed skill has its name`, {
      hint: `run the skill: agentzero skill run ${name}; or take it out: agentzero skill remove ${name}`,
    });
  }
  const state = known(readState(options, name), name, { tampered: "refused" });
  if (state.kind !== "known") throw changed(name, state.why);
  const { record } = state;
  if (record.disabled !== null) throw changed(name, WHY_DISABLED[record.disabled]);
  const version = record.versions.find(({ n }) => n === record.active);
  const read = version === undefined ? null : readVersion(options, name, version);
  if (read !== null) return read;
  disableTool(options, name, "integrity");
  throw changed(name, `${WHY_DISABLED.integrity}; it is switched off now`);
}

// An unreadable lock is said wherever a skill is used; which names it holds nobody knows then.
function installedNames({ project }: GeneratedOptions): readonly string[] {
  try {
    return (readLock(project) ?? []).map(({ name }) => name);
  } catch {
    return [];
  }
}

function shadowed(found: GeneratedListing): GeneratedListing {
  return found.state === "ready"
    ? { ...found, state: "disabled", code: "SHADOW", why: "an installed skill has its name" }
    : found;
}

const WHY_DISABLED: Readonly<Record<DisabledBy, string>> = {
  person: "it was switched off",
  failures: "it failed three times in a row and was switched off",
  integrity: "its files are not the ones that were registered",
};

// Empty where the folder is no generated tool but a skill that somebody wrote by hand.
function listing(options: GeneratedOptions, name: string): readonly GeneratedListing[] {
  const base = { name, active: null, versions: [], failures: 0, version: null };
  try {
    const state = readState(options, name);
    if (state.kind === "none") return [];
    if (state.kind === "foreign") return [{ ...base, state: "foreign", code: "TOOL_FOREIGN", why: state.why }];
    if (state.kind === "tampered") return [{ ...base, state: "disabled", code: "TOOL_DISABLED", why: state.why }];
    const { active, disabled, failures, versions } = state.record;
    const found = versions.find(({ n }) => n === active);
    const version = found === undefined ? null : readVersion(options, name, found);
    const why = disabled ?? (version === null ? "integrity" : null);
    return [{
      name,
      state: why === null ? "ready" : "disabled",
      code: why === null ? null : "TOOL_DISABLED",
      why: why === null ? null : WHY_DISABLED[why],
      active,
      versions: versions.map(({ n }) => n),
      failures,
      version,
    }];
  } catch (cause) {
    if (!(cause instanceof AgentZeroError)) throw cause;
    return [{ ...base, state: "foreign", code: cause.code, why: cause.message }];
  }
}
