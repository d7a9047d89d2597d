import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Probe } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { errnoOf } from "./file-error.ts";

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
  let folder: string | null = null;
  try {
    folder = realpathSync(mkdtempSync(join(deps.facts.tmp, "agentzero-probe-")));
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
  } catch (error) {
    return unsafe(deps, `the canary failed (${errnoOf(error) || "unknown"})`);
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
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
