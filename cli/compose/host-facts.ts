import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import type { HostFacts } from "../../sandbox/mod.ts";
import { VERSION } from "../version.ts";

/** The process and machine as the rooms below see them. */
export interface ProcessFacts {
  readonly pid: number;
  readonly uid: number;
  /** e.g. `node 24.21.0`. */
  readonly runtime: string;
  readonly version: string;
  readonly host: HostFacts;
}

/**
 * Collects the facts about this process and machine.
 *
 * @param folders Real paths of the person's home and of `$AGENTZERO_HOME`.
 * @returns The facts.
 */
export function processFacts(folders: { readonly userHome: string; readonly home: string }): ProcessFacts {
  const deno = process.versions["deno"];
  const uid = process.getuid?.() ?? 0;
  return {
    pid: process.pid,
    uid,
    runtime: deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`,
    version: VERSION,
    host: {
      runtime: deno === undefined ? "node" : "deno",
      platform: process.platform,
      arch: process.arch,
      uid,
      gid: process.getgid?.() ?? 0,
      execPath: process.execPath,
      userHome: folders.userHome,
      home: folders.home,
      tmp: realTmp(),
    },
  };
}

function realTmp(): string {
  try {
    return realpathSync(tmpdir());
  } catch {
    return tmpdir();
  }
}
