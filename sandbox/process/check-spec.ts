import { lstatSync } from "node:fs";
import { parseSlot } from "../../core/mod.ts";
import { checkPath, isWithin } from "../files/check-path.ts";
import type { HostFacts } from "../deps.ts";
import { parseHost } from "../egress/egress.ts";
import { checkLimit, FIXED, processLimits, SANDBOX_BOUNDS } from "../limits.ts";
import { refuse } from "../outcome.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { checkSkillMount } from "./skill-mount.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
// Mounting one of these writable would take the system, or everybody's files, along.
const WIDE = [
  "/",
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/home",
  "/lib",
  "/lib64",
  "/media",
  "/mnt",
  "/opt",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/srv",
  "/sys",
  "/tmp",
  "/usr",
  "/var",
  "/var/tmp",
];
const NOWHERE = ["/proc", "/sys", "/dev", "/run"];

/**
 * Checks a command before anything of it is set up.
 *
 * @param spec The command.
 * @param facts The user's home and `$AGENTZERO_HOME`.
 * @param hasEgress Is there a proxy that can let a command reach hosts?
 * @throws {SandboxError} `WORKSPACE_WIDE`, `PATH_INVALID`, `NOT_FOUND`, `SPEC_INVALID`, `LIMIT_INVALID`, `LIMIT_SIZE`,
 *   `TIER_UNAVAILABLE` for hosts.
 */
export function checkProcessSpec(spec: ProcessSpec, facts: HostFacts, hasEgress: boolean): void {
  for (const path of [spec.project, spec.cwd, spec.stageDir]) checkPath(path, facts.platform);
  checkWorkspace(spec.project, facts);
  if (!isWithin(spec.cwd, spec.project)) invalid(`its folder ${JSON.stringify(spec.cwd)} is outside the project`);
  requireFolder(spec.project, "project");
  requireFolder(spec.cwd, "folder");
  checkForm(spec);
  checkNames(spec);
  checkMounts(spec, facts);
  checkLimit(SANDBOX_BOUNDS.timeoutMs, spec.timeoutMs);
  processLimits(spec.limits);
  if ((spec.stdin?.length ?? 0) > FIXED.stdinBytes) tooLarge("its input", spec.stdin?.length ?? 0, FIXED.stdinBytes);
  checkHosts(spec, hasEgress);
  checkHostSecrets(spec);
  if (spec.skill !== undefined) checkSkillMount(spec, spec.skill);
}

function checkWorkspace(project: string, facts: HostFacts): void {
  const wide = WIDE.includes(project) ||
    NOWHERE.some((folder) => isWithin(project, folder) && !isWithin(project, "/dev/shm")) ||
    isWithin(facts.userHome, project) || isWithin(facts.home, project);
  if (!wide) return;
  refuse(
    "WORKSPACE_WIDE",
    `Cannot run command: the project ${JSON.stringify(project)} is, or holds, a home or a system folder`,
    "work in a folder of its own: run agentzero init there",
  );
}

function checkForm(spec: ProcessSpec): void {
  if (spec.form.kind === "script") {
    const size = Buffer.byteLength(spec.form.script);
    if (size > FIXED.scriptBytes) tooLarge("its text", size, FIXED.scriptBytes);
    if (spec.form.script.includes("\0")) invalid("its text contains NUL");
    return;
  }
  const { argv, program } = spec.form;
  if (argv.length === 0) invalid("it has no words");
  if (!program.startsWith("/")) invalid("its program has no absolute path");
  if ([program, ...argv].some((word) => word.includes("\0"))) invalid("a word contains NUL");
  const size = argv.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (size > FIXED.argvBytes) tooLarge("its words", size, FIXED.argvBytes);
}

function checkHosts(spec: ProcessSpec, hasEgress: boolean): void {
  const hosts = spec.hosts ?? [];
  if (hosts.length === 0) return;
  if (!hasEgress) {
    refuse(
      "TIER_UNAVAILABLE",
      "Cannot run command: no egress proxy runs here, so commands have no network",
      "use the fetch tool for HTTP requests",
    );
  }
  const bad = hosts.find((host) => parseHost(host) === null);
  if (bad !== undefined) invalid(`"${bad.slice(0, 80)}" is not a host and a port`);
  // Threat: a value that a command has and sends where its binding does not lead.
  if (Object.keys(spec.secrets).length > 0) {
    refuse(
      "SPEC_INVALID",
      "Cannot run command: what has a secret has no network",
      "bind the secret to a header of the host, or use the fetch tool",
    );
  }
}

function checkHostSecrets({ hosts = [], hostSecrets = [], env }: ProcessSpec): void {
  for (const { env: name, host, slot, format } of hostSecrets) {
    if (!hosts.includes(host)) invalid(`the value of ${name} belongs to a host that is not among its hosts`);
    if (!isHeaderSlot(slot)) invalid(`"${slot.slice(0, 80)}" is no header that a value can stand in`);
    if (format !== null && !/^[ -z|~]*\{\}[ -z|~]*$/.test(format)) invalid(`the format of ${name} has no one {}`);
    if (Object.hasOwn(env, name)) invalid(`the variable ${name} is given twice`);
  }
}

function isHeaderSlot(slot: string): boolean {
  try {
    return ["bearer", "basic", "header"].includes(parseSlot(slot).kind);
  } catch {
    return false;
  }
}

function checkNames(spec: ProcessSpec): void {
  const placeholders = Object.fromEntries((spec.hostSecrets ?? []).map(({ env, handle }) => [env, handle]));
  for (const [name, value] of Object.entries({ ...spec.env, ...spec.secrets, ...placeholders })) {
    if (!NAME.test(name)) invalid(`"${name.slice(0, 40)}" is not the name of a variable`);
    if (value.includes("\0")) invalid(`the variable ${name} contains NUL`);
  }
  // Threat: a secret in a variable that steers how programs are found or loaded.
  for (const name of Object.keys({ ...spec.secrets, ...placeholders })) {
    if (/^(?:PATH|HOME|IFS|ENV|BASH_ENV|LD_.*|GIT_CONFIG.*)$/.test(name)) invalid(`no secret may be put into ${name}`);
  }
  const identity = spec.gitIdentity === null ? "" : `${spec.gitIdentity.name}${spec.gitIdentity.email}`;
  if (identity.includes("\0") || identity.includes("\n")) invalid("the git identity is not one line of text");
}

function checkMounts(spec: ProcessSpec, facts: HostFacts): void {
  for (const path of [...spec.hidden.files, ...spec.hidden.dirs]) {
    checkPath(path, facts.platform);
    if (!isWithin(path, spec.project) || path === spec.project) {
      invalid(`the hidden path ${JSON.stringify(path)} is outside the project`);
    }
  }
  if (spec.hidden.files.length + spec.hidden.dirs.length > FIXED.masks) {
    refuse(
      "LIMIT_SIZE",
      `Cannot run command: more than ${FIXED.masks} paths would have to be hidden`,
      "deny a folder instead of many files",
    );
  }
  for (const path of spec.readOnlyPaths) {
    checkPath(path, facts.platform);
    const wide = WIDE.includes(path) || isWithin(facts.userHome, path) || isWithin(facts.home, path) ||
      isWithin(path, facts.home);
    if (wide) {
      refuse(
        "WORKSPACE_WIDE",
        `Cannot mount tool chain ${JSON.stringify(path)}: it is, or holds, a home or a system folder`,
        "see sandbox.paths in your config.yml",
      );
    }
    if (path.includes(":")) invalid(`the tool chain ${JSON.stringify(path)} has a colon in its name`);
  }
}

function requireFolder(path: string, what: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) refuse("NOT_FOUND", `Cannot run command: its ${what} ${JSON.stringify(path)} does not exist`);
  if (stat.isSymbolicLink()) {
    refuse("PATH_CHANGED", `Cannot run command: its ${what} ${JSON.stringify(path)} is a link now`);
  }
  if (!stat.isDirectory()) {
    refuse("NOT_FOUND", `Cannot run command: its ${what} ${JSON.stringify(path)} is not a folder`);
  }
}

function invalid(seen: string): never {
  refuse("SPEC_INVALID", `Cannot run command: ${seen}`);
}

function tooLarge(what: string, size: number, limit: number): never {
  refuse(
    "LIMIT_SIZE",
    `Cannot run command: ${what} has ${size} bytes, the limit is ${limit}`,
    "write it to a file in the project and run that",
  );
}
