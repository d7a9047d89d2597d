import type { EgressNetwork } from "./egress/egress-proxy.ts";
import type { Clock, Random, Timers } from "../core/mod.ts";

/** Facts about the host that tiers do not look up themselves. */
export interface HostFacts {
  /** The JavaScript runtime that we run on. */
  readonly runtime: "node" | "deno";
  /** `process.platform`. */
  readonly platform: string;
  /** `process.arch`. */
  readonly arch: string;
  /** Real user and group id; 0 on Windows. */
  readonly uid: number;
  /** Real group id; 0 on Windows. */
  readonly gid: number;
  /** Absolute path of the running JavaScript runtime, for helpers of our own. */
  readonly execPath: string;
  /** Real path of the user's home. */
  readonly userHome: string;
  /** Real path of `$AGENTZERO_HOME`. */
  readonly home: string;
  /** Real path of the folder for temporary files. */
  readonly tmp: string;
}

/** What every tier is wired to. */
export interface SandboxDeps {
  /** Wall and monotonic time. */
  readonly clock: Clock;
  /** Timers. */
  readonly timers: Timers;
  /** Strong random bytes. */
  readonly random: Random;
  /** Facts about the host. */
  readonly facts: HostFacts;
}

/** Settings of the process tier that only the user's own configuration can change. */
export interface ProcessSettings {
  /** Runs at once, 1 to 16. */
  readonly running: number;
  /** `auto`: on where its tests ran (x64). `on`: a filter that does not load refuses the run. */
  readonly seccomp: "auto" | "on" | "off";
  /** Folder of cgroup v2 to make groups in; found by itself unless given, `null` for none. */
  readonly cgroup: string | null;
  /** Name resolution for the egress proxy, or `null`: then calls with `hosts` are refused. */
  readonly network: EgressNetwork | null;
}
