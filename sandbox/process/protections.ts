import { AgentZeroError } from "../../core/mod.ts";
import type { ProcessSettings, SandboxDeps } from "../deps.ts";
import { probeDescriptors } from "../files/probe-descriptors.ts";
import type { Ground } from "./ground.ts";

/** One protection and whether it is in force on this machine. */
export interface Protection {
  /** Stable, e.g. `network`. */
  readonly name: string;
  /** `unsupported`: this system cannot have it; `off`: it could, and is not. */
  readonly state: "on" | "off" | "unsupported";
  /** How it is made, or why it is not. */
  readonly detail: string;
  /** The one command or act that turns it on, or `null`. */
  readonly fix: string | null;
}

// What the canary has seen with its own eyes whenever a ground was found.
const WALLS: readonly (readonly [name: string, detail: string])[] = [
  ["namespaces", "no process, file or socket of this machine can be reached, no further namespace made"],
  ["environment", "no variable of ours, not in the first process either"],
  ["system files", "a small read-only root: no home, no /run, no /var"],
  ["privileges", "no capability, no way to gain one"],
  ["terminal", "a session of its own, without a terminal"],
  ["network", "none; hosts of a call only through a proxy that asks for each request"],
  ["limits", "memory, processes, files, output, disk and time"],
];

/**
 * Finds out by real canaries which protections of files and commands are in force here.
 *
 * @param deps Random names, clock, timers, host facts.
 * @param settings What the user's own configuration says.
 * @returns One entry a protection, always the same names in the same order.
 */
export async function probeProtections(
  deps: SandboxDeps,
  settings: Pick<Partial<ProcessSettings>, "seccomp" | "cgroup"> = {},
): Promise<readonly Protection[]> {
  const ground = await groundOrReason(deps, settings);
  return [
    descriptors(deps),
    ...WALLS.map(([name, detail]) => wall(name, detail, ground)),
    staging(ground),
    seccomp(deps, settings.seccomp ?? "auto", ground),
    memoryOfAll(ground),
  ];
}

type Found =
  | { readonly ok: true; readonly ground: Ground }
  | { readonly ok: false; readonly state: "off" | "unsupported"; readonly reason: string; readonly fix: string | null };

async function groundOrReason(
  deps: SandboxDeps,
  settings: Pick<Partial<ProcessSettings>, "seccomp" | "cgroup">,
): Promise<Found> {
  const state = deps.facts.platform === "linux" ? "off" : "unsupported";
  try {
    const { tryGround } = await import("./ground.ts");
    return { ok: true, ground: await tryGround(deps, settings) };
  } catch (error) {
    const known = error instanceof AgentZeroError;
    const reason = known ? error.message : "Cannot use the process sandbox: its canary failed";
    return { ok: false, state, reason: `commands are refused. ${reason}`, fix: known ? error.hint ?? null : null };
  }
}

function descriptors(deps: SandboxDeps): Protection {
  const probe = probeDescriptors(deps);
  if (!probe.ok) {
    return { name: "file access", state: "off", detail: `files are refused. ${probe.reason}`, fix: probe.fix };
  }
  return { name: "file access", state: "on", detail: probe.facts["descriptors"] ?? "verified descriptors", fix: null };
}

function wall(name: string, detail: string, found: Found): Protection {
  return found.ok ? { name, state: "on", detail, fix: null } : missing(name, found);
}

function missing(name: string, found: Extract<Found, { ok: false }>): Protection {
  return { name, state: found.state, detail: found.reason, fix: found.fix };
}

function staging(found: Found): Protection {
  const name = "staging";
  if (!found.ok) return missing(name, found);
  const { staging: view } = found.ground;
  if (view.ok) {
    return { name, state: "on", detail: "commands change an overlay; each change is decided by its path", fix: null };
  }
  return {
    name,
    state: "off",
    detail: `commands see the project read-only: ${view.reason}`,
    fix: "work on a file system that can be a layer of an overlay (ext4, xfs, btrfs), not on an overlay itself",
  };
}

function seccomp(deps: SandboxDeps, setting: ProcessSettings["seccomp"], found: Found): Protection {
  const name = "system calls";
  if (!["x64", "arm64"].includes(deps.facts.arch)) {
    return { name, state: "unsupported", detail: `there is no filter for ${deps.facts.arch}`, fix: null };
  }
  if (!found.ok) return missing(name, found);
  if (found.ground.seccomp !== null) {
    return { name, state: "on", detail: "a filter refuses what no ordinary program needs", fix: null };
  }
  if (setting === "off") {
    return {
      name,
      state: "off",
      detail: "sandbox.seccomp is off in your config.yml",
      fix: "sandbox: { seccomp: auto }",
    };
  }
  const detail = `its tests never ran on ${deps.facts.arch}`;
  return { name, state: "off", detail, fix: "to try it: sandbox: { seccomp: on } in your config.yml" };
}

function memoryOfAll(found: Found): Protection {
  const name = "control group";
  if (!found.ok) return missing(name, found);
  const { cgroup } = found.ground;
  if (cgroup !== null) {
    return { name, state: "on", detail: `memory and processes of a run together, in ${cgroup}`, fix: null };
  }
  return {
    name,
    state: "off",
    detail: "no cgroup v2 was delegated to us: a watchdog sums up memory and processes instead",
    fix: "start it in a scope of its own: systemd-run --user --scope -p Delegate=yes agentzero chat",
  };
}
