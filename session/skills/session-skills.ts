import type { Label } from "../../core/mod.ts";
import { labelOf } from "../../core/mod.ts";
import type { LoadedSkill, SkillLibrary, SkillSummary } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { ToolEntry } from "../tools/registry.ts";
import { useSkillTool } from "../tools/use-skill.ts";
import type { DynamicTools } from "./dynamic-tools.ts";
import { readWithSkills } from "./skill-file.ts";
import { skillTool } from "./skill-tool.ts";

/** The most skills that a session begins with, and the most bytes that are said of each. */
const MAX_LISTED = 40;
const MAX_LISTED_BYTES = 300;

/** The skills of one session: what it may load, and what it has loaded. */
export interface SessionSkills {
  readonly library: SkillLibrary;
  /** Name and description of what can be loaded, for the start: untrusted text with its label, or `null` for none. */
  listing(): { readonly text: string; readonly label: Label } | null;
  /** Names of the skills of this build, with our own descriptions. */
  readonly own: readonly SkillSummary[];
  /** Adds what skills need to the tools of every session: `use_skill`, and files of skills for `read`. */
  tools(fixed: ReadonlyMap<string, ToolEntry>): ReadonlyMap<string, ToolEntry>;
  /** Takes in a skill whose text was used: its tool can be called from the next round on, its ceiling holds. */
  activate(loaded: LoadedSkill): void;
  /** Offers a runnable skill by its name, without its text. @throws What loading throws, `NOT_EXECUTABLE`. */
  offer(name: string): Promise<void>;
  /** Ends the ceilings of skills: the person's next words begin anew. */
  endPrompt(): void;
}

/**
 * Makes the skills of a session, once it has its tools.
 *
 * @internal Use `setUpSkills()`.
 */
export type SkillsSetup = (dynamic: () => DynamicTools) => SessionSkills;

/**
 * Prepares the skills of a session.
 *
 * @param library Loads them.
 * @returns What makes them, given the tools that loaded skills are added to.
 */
export function setUpSkills(library: SkillLibrary): SkillsSetup {
  return (dynamic) => createSessionSkills(library, dynamic);
}

function createSessionSkills(library: SkillLibrary, dynamic: () => DynamicTools): SessionSkills {
  const summaries = library.summaries();
  const names = new Set(ownNames(library));
  const skills: SessionSkills = {
    library,
    own: summaries.filter(({ name }) => names.has(name)),
    listing() {
      const lines = summaries.filter(({ name }) => !names.has(name)).slice(0, MAX_LISTED).map(lineOf);
      if (lines.length === 0) return null;
      const text = ["Skills that use_skill {name} loads:", ...lines].join("\n");
      return { text, label: labelOf("skill", ["private"], "skills of this project and user") };
    },
    activate({ skill }): void {
      if (skill.md.allowedTools !== null) dynamic().limitTo(toolsOf(skill.md.allowedTools, skill.name));
      if (skill.runtime === "none") return;
      try {
        dynamic().offer(skillTool(library, skill));
      } catch (cause) {
        // Its text can be used all the same; a call of it says why it does not run.
        if (!(cause instanceof SessionError)) throw cause;
      }
    },
    async offer(name): Promise<void> {
      dynamic().offer(skillTool(library, await library.loadForRun(name)));
    },
    tools(fixed): ReadonlyMap<string, ToolEntry> {
      const all = new Map(fixed);
      const read = all.get("read");
      if (read !== undefined) all.set("read", readWithSkills(read, skills));
      return all.set("use_skill", useSkillTool(skills));
    },
    endPrompt(): void {
      dynamic().limitTo(null);
    },
  };
  return skills;
}

function ownNames(library: SkillLibrary): readonly string[] {
  try {
    return library.list().filter(({ place }) => place === "builtin").map(({ name }) => name);
  } catch {
    // A broken lock: what is ours is not known by name then, and counts as foreign.
    return [];
  }
}

function lineOf({ name, description, runtime }: SkillSummary): string {
  const said = description.replaceAll(/\s+/gu, " ");
  const cut = Buffer.byteLength(said) > MAX_LISTED_BYTES
    ? `${Buffer.from(said).subarray(0, MAX_LISTED_BYTES).toString("utf8").replace(/\uFFFD+$/u, "")}…`
    : said;
  return `- ${name}${runtime === "none" ? "" : ` (${runtime})`}: ${cut}`;
}

// What others call the tools that we have under another name.
const COMMON_NAMES: Readonly<Record<string, string>> = {
  bash: "shell",
  glob: "list",
  grep: "search",
  ls: "list",
  multiedit: "edit",
  webfetch: "fetch",
};

/** The tools that a skill's ceiling leaves: never more than there are, its own among them. */
function toolsOf(allowed: readonly string[], name: string): ReadonlySet<string> {
  const names = allowed.map((token) => {
    const word = token.replace(/\(.*$/u, "").toLowerCase();
    return COMMON_NAMES[word] ?? word;
  });
  return new Set([...names, name, "use_skill"]);
}
