import { closeSync, constants, openSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Probe } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { makeTempFolder } from "../temp-folder.ts";
import { errnoOf } from "./file-error.ts";

// What says nothing of the runtime, unlike a permission that Deno does not give.
const NO_PLACE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES", "EROFS", "ENOSPC", "EDQUOT"]);

const known = new Map<string, Probe>();

/**
 * Finds out once per process whether descriptors can be trusted here: `O_NOFOLLOW` on a link must fail with ELOOP, and
 * on Linux `/proc/self/fd/N` must be readable.
 *
 * @param deps Host facts.
 * @returns The result; on Deno with partial permissions the fix is `--allow-all`.
 */
export function probeDescriptors(deps: Pick<SandboxDeps, "facts">): Probe {
  const key = `${deps.facts.platform}\0${deps.facts.tmp}`;
  const result = known.get(key) ?? canary(deps);
  known.set(key, result);
  return result;
}

function canary(deps: Pick<SandboxDeps, "facts">): Probe {
  try {
    return tryIn(deps, deps.facts.tmp);
  } catch (error) {
    // What is tried out is the runtime and the kernel, not a disk: reading needs no room for temporary files.
    try {
      return tryIn(deps, deps.facts.home);
    } catch {
      return failed(deps, error);
    }
  }
}

function tryIn(deps: Pick<SandboxDeps, "facts">, tmp: string): Probe {
  const folder = makeTempFolder({ tmp }, "agentzero-probe-", "Cannot open files safely");
  try {
    const file = join(folder, "file");
    writeFileSync(file, "canary");
    symlinkSync("file", join(folder, "link"));
    if (followsLinks(join(folder, "link"))) {
      return unsafe(deps, "it opens the target of a link although O_NOFOLLOW was asked for");
    }
    if (deps.facts.platform === "linux") {
      const fd = openSync(file, constants.O_RDONLY);
      const found = readlinkSync(`/proc/self/fd/${fd}`);
      closeSync(fd);
      if (found !== file) return unsafe(deps, "/proc/self/fd does not name open files");
    }
    return {
      ok: true,
      facts: { descriptors: deps.facts.platform === "linux" ? "verified by /proc/self/fd" : "verified by identity" },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failed(deps: Pick<SandboxDeps, "facts">, error: unknown): Probe {
  if (error instanceof SandboxError && NO_PLACE.has(errnoOf(error.cause))) {
    return { ok: false, code: error.code, reason: error.message, fix: error.hint ?? "set TMPDIR" };
  }
  return unsafe(deps, `the canary failed (${errnoOf(error) || "unknown"})`);
}

function followsLinks(link: string): boolean {
  const flags: Partial<typeof constants> = constants;
  // Windows has no such flag: there identity is checked before and after instead.
  if (flags.O_NOFOLLOW === undefined) return false;
  try {
    closeSync(openSync(link, constants.O_RDONLY | constants.O_NOFOLLOW));
    return true;
  } catch (error) {
    if (["ELOOP", "EMLINK"].includes(errnoOf(error))) return false;
    throw error;
  }
}

function unsafe(deps: Pick<SandboxDeps, "facts">, seen: string): Probe {
  return {
    ok: false,
    code: "TIER_UNAVAILABLE",
    reason: `Cannot open files safely: ${seen}`,
    fix: deps.facts.runtime === "deno"
      ? "run Deno with --allow-all: with partial permissions it follows links by itself"
      : `make ${deps.facts.tmp} writable and mount /proc`,
  };
}
