import { SkillsError } from "./errors.ts";
import { findSkills, type FoundSkill, textKey } from "./find-skills.ts";
import { loadFolderSkill, peekFolderText } from "./folder-skill.ts";
import type { LoadedSkill, SkillLibrary, SkillListing, SkillsOptions, SkillSummary } from "./library.ts";
import { loadInstalled } from "./load-installed.ts";
import { lockedEntry, readLock } from "./lock.ts";
import type { GrantedSkill } from "./stages.ts";
import { openStore } from "./store.ts";
import { peekText } from "./stored-text.ts";
import { noteText, readSeen } from "./trust/seen.ts";

/** How many skills a session is told of at its start. */
const MAX_SUMMARIES = 40;

/**
 * Opens the skills of a project and home. Reads anew whenever it is asked, so that a revocation or an edited lock counts
 * at once.
 *
 * @example
 * ```ts
 * const skills = openSkills({ home, project, keys, clock, policy, reserved: TOOL_NAMES, others: [] });
 * const { skill } = await skills.load("pdf-report"); // every check passed just now
 * ```
 * @param options Home, keys, policy, project, and what others hold.
 * @returns The library.
 */
export function openSkills(options: SkillsOptions): SkillLibrary {
  return {
    list: () => findSkills(options).map(({ listing }) => listing),
    summaries: () => summaries(options),
    find: (name) => findHolder(options, name)?.listing ?? null,
    load: (name) => load(options, name),
    loadForRun: async (name) => (await load(options, name)).skill,
  };
}

function findHolder(options: SkillsOptions, name: string): FoundSkill | null {
  return findSkills(options).find(({ listing }) => listing.name === name) ?? null;
}

async function load(options: SkillsOptions, name: string): Promise<LoadedSkill> {
  // Grants may have been changed by another process, or by something else, since the last look.
  await options.policy.refresh();
  const found = findHolder(options, name);
  // Threat: a name that is only in the lock of somebody else, or in no lock at all, is never guessed at.
  if (found === null) throw missing(options, name);
  if (found.listing.code === "SHADOW") throw shadowed(found.listing);
  switch (found.kind) {
    case "other":
      return loaded(await loadOther(found), null);
    case "installed":
      return loaded(loadInstalledOf(options, name), null);
    case "folder":
      return loadFolder(options, found);
    default:
      return found satisfies never;
  }
}

function missing(options: SkillsOptions, name: string): Error {
  try {
    lockedEntry(options.project === null ? null : readLock(options.project), name);
  } catch (cause) {
    if (cause instanceof Error) return cause;
  }
  return new SkillsError("LOCK_MISSING", `Cannot use skill "${name.slice(0, 80)}": there is none of this name`);
}

function shadowed({ name, source }: SkillListing): SkillsError {
  return new SkillsError("SHADOW", `Cannot use skill "${name}" of "${source}": something else has its name`, {
    hint: "agentzero skill list shows which; rename the folder and the name in its SKILL.md",
  });
}

async function loadOther({ other, listing }: Extract<FoundSkill, { kind: "other" }>): Promise<GrantedSkill> {
  if (other.load !== null) return await other.load();
  throw new SkillsError("NOT_EXECUTABLE", `Cannot load "${listing.name}": it is a tool, without a text to read`, {
    hint: `call it: agentzero tool run ${listing.name}`,
  });
}

function loadInstalledOf(options: SkillsOptions, name: string): GrantedSkill {
  const { project } = options;
  const entry = lockedEntry(project === null ? null : readLock(project), name);
  return loadInstalled({ ...options, project: project ?? "" }, entry, openStore(options.home));
}

function loadFolder(
  options: SkillsOptions,
  { folder, listing }: Extract<FoundSkill, { kind: "folder" }>,
): LoadedSkill {
  if (listing.code === "PROJECT_UNTRUSTED") {
    throw new SkillsError("PROJECT_UNTRUSTED", `Cannot use skill "${listing.name}": the project is not trusted`, {
      hint: "look at what the project brings along, then: agentzero policy trust",
    });
  }
  const skill = loadFolderSkill(folder);
  const key = textKey(options, listing.place, folder);
  const { texts } = readSeen(options);
  const known = Object.hasOwn(texts, key) ? texts[key] : undefined;
  const text = known === undefined ? "new" : known === skill.textDigest ? "known" : "changed";
  return loaded(skill, text, () => noteText(options, key, skill.textDigest));
}

function loaded(skill: GrantedSkill, text: LoadedSkill["text"], activated: () => void = nothing): LoadedSkill {
  return { skill, tier: "none", text, activated };
}

function nothing(): void {}

function summaries(options: SkillsOptions): readonly SkillSummary[] {
  try {
    const store = openStore(options.home);
    return findSkills(options)
      .filter(({ listing }) => listing.state !== "refused")
      .slice(0, MAX_SUMMARIES)
      .flatMap((found) => {
        const description = describe(found, () => store);
        const { name, runtime } = found.listing;
        return description === null ? [] : [{ name, description, runtime }];
      });
  } catch {
    // A broken lock or trust file is said when a skill is used, and by `skill list`; a session starts without them.
    return [];
  }
}

function describe(found: FoundSkill, store: () => ReturnType<typeof openStore>): string | null {
  switch (found.kind) {
    case "other":
      return found.other.description;
    case "installed":
      return peekText(found.entry, store())?.description ?? null;
    case "folder": {
      const text = peekFolderText(found.folder);
      return "code" in text ? null : text.md.description;
    }
    default:
      return found satisfies never;
  }
}
