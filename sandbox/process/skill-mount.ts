import { chmodSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isWithin } from "../files/check-path.ts";
import { refuse } from "../outcome.ts";
import type { ProcessSpec, SkillMount } from "./process-spec.ts";
import type { Stage } from "./stage.ts";

/** Where a script finds the files of its skill. */
export const SKILL_FOLDER = "/skill";
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SHARES = 64;
const MAX_PROGRAMS = 64;
const PATH = /^[A-Za-z0-9_@+][A-Za-z0-9._@+-]*(?:\/[A-Za-z0-9_@+][A-Za-z0-9._@+-]*)*$/;

/**
 * Checks the part of a spec that says which files of a skill are shown, and which parts of the project.
 *
 * @param spec The command.
 * @param mount Files and shares.
 * @throws {SandboxError} `SPEC_INVALID`, `LIMIT_SIZE`.
 */
export function checkSkillMount(spec: ProcessSpec, mount: SkillMount): void {
  const bytes = mount.files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes > MAX_BYTES) {
    refuse("LIMIT_SIZE", `Cannot run script: its files have ${bytes} bytes, the limit is ${MAX_BYTES}`);
  }
  const shares = [...mount.read, ...mount.write];
  if (shares.length > MAX_SHARES) {
    refuse("LIMIT_SIZE", `Cannot run script: more than ${MAX_SHARES} paths are shared with it`);
  }
  const { form } = spec;
  if (form.kind !== "argv" || !mount.programs.includes(form.program)) {
    refuse("SPEC_INVALID", "Cannot run script: its interpreter is none of its programs");
  }
  if (mount.programs.length > MAX_PROGRAMS) {
    refuse("LIMIT_SIZE", `Cannot run script: more than ${MAX_PROGRAMS} programs are listed`);
  }
  const badProgram = mount.programs.find((path) => !path.startsWith("/") || path.includes("\0"));
  if (badProgram !== undefined) {
    refuse("SPEC_INVALID", `Cannot run script: ${JSON.stringify(badProgram)} is no path of a program`);
  }
  const badFile = mount.files.find(({ path }) => !PATH.test(path) || path.split("/").includes(".."));
  if (badFile !== undefined) {
    refuse("SPEC_INVALID", `Cannot run script: ${JSON.stringify(badFile.path)} is no path of a skill`);
  }
  const badShare = shares.find((path) => !isWithin(path, spec.project));
  if (badShare !== undefined) {
    refuse("SPEC_INVALID", `Cannot run script: ${JSON.stringify(badShare)} is outside the project`);
  }
}

/**
 * Writes the files of a skill to a private folder of the run, from the bytes that were verified, and makes folders that
 * it may write to and that are not there yet.
 *
 * @param stage The folder of the run.
 * @param project Real path of the project.
 * @param mount Files and shares.
 */
export function writeSkillFiles(stage: Stage, project: string, mount: SkillMount): void {
  const root = join(stage.dir, "skill");
  mkdirSync(root, { mode: 0o700 });
  for (const { path, bytes, exec } of mount.files) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, bytes, { flag: "wx", mode: exec ? 0o555 : 0o444 });
  }
  // Inside, the script is another user than the one who made the folder.
  chmodSync(root, 0o755);
  for (const path of mount.write) {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    mkdirSync(join(stage.up, path.slice(project.length + 1)), { recursive: true, mode: 0o755 });
  }
}

/**
 * Makes the options that show a script its skill and, of the project, what was granted.
 *
 * Threat: a script that was allowed to read `data/` reads the rest of the project, too.
 *
 * @param spec The command.
 * @param staged `true`: what may be changed can be changed, on the merged view.
 * @returns Options in place of the mount of the whole project.
 */
export function skillOptions(spec: ProcessSpec & { readonly skill: SkillMount }, staged: boolean): readonly string[] {
  const { project, stageDir, skill } = spec;
  // Staged or not: there is the view in which nothing can be started.
  function source(path: string): string {
    return `${stageDir}/m${path.slice(project.length)}`;
  }
  const read = skill.read.filter((path) => !skill.write.some((other) => isWithin(path, other)));
  return [
    "--perms",
    "0755",
    "--size",
    "1048576",
    "--tmpfs",
    project,
    ...read.toSorted().flatMap((path) => ["--ro-bind-try", source(path), path]),
    ...skill.write.toSorted().flatMap((path) => [staged ? "--bind-try" : "--ro-bind-try", source(path), path]),
    "--remount-ro",
    project,
    "--ro-bind",
    `${stageDir}/skill`,
    SKILL_FOLDER,
  ];
}
