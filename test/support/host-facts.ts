import { realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Clock } from "../../core/mod.ts";
import type { HostFacts } from "../../sandbox/mod.ts";

/** Which runtime this is. */
export const RUNTIME: "node" | "deno" = "deno" in process.versions ? "deno" : "node";

/** The machine's clock. */
export const CLOCK: Clock = { now: () => Date.now(), mono: () => performance.now() };

/**
 * Facts of this machine.
 *
 * @param root Real path of a folder of the test or measurement; the home lies in it.
 */
export function hostFacts(root: string): HostFacts {
  return {
    runtime: RUNTIME,
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    execPath: process.execPath,
    userHome: realpathSync(homedir()),
    home: join(root, "home"),
    tmp: realpathSync(tmpdir()),
  };
}
