import { realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Clock } from "../core/mod.ts";
import type { SandboxDeps } from "../sandbox/mod.ts";

const CLOCK: Clock = { now: () => Date.now(), mono: () => performance.now() };

/**
 * Wires the sandbox to this machine.
 *
 * @param root A folder of the measurement; the home lies in it.
 * @returns The real ports.
 */
export function benchDeps(root: string): SandboxDeps {
  return {
    clock: CLOCK,
    timers: {
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    random: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)) },
    facts: {
      runtime: "deno" in process.versions ? "deno" : "node",
      platform: process.platform,
      arch: process.arch,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      execPath: process.execPath,
      userHome: realpathSync(homedir()),
      home: join(root, "home"),
      tmp: realpathSync(tmpdir()),
    },
  };
}
