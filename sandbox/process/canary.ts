import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { processLimits } from "../limits.ts";
import { buildArgs } from "./args.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { removeTree } from "./remove-tree.ts";
import { failureText, runOnce } from "./run-once.ts";
import { makeStage } from "./stage.ts";
import type { Programs } from "./supervisor.ts";
import { createSupervisors } from "./supervisors.ts";

/** What a canary run found. */
export type CanaryResult =
  /** Everything held. */
  | { readonly kind: "holds" }
  /** It could not be set up this way. */
  | { readonly kind: "unavailable"; readonly reason: string }
  /** It ran, and something that must be kept out was seen. */
  | { readonly kind: "leaks"; readonly reason: string };

/** What the canary runs on. */
export interface CanaryInput {
  readonly programs: Programs;
  readonly project: string;
  readonly stageDir: string;
  readonly staged: boolean;
  readonly seccomp: Uint8Array | null;
}

const PROBE_FILE = ".az-canary";

// Only what bash has built in: a line for everything that should not be, then what is.
const SCRIPT = `
while IFS= read -r -d '' v; do case "$v" in PWD=*|OLDPWD=*|SHLVL=*|_=*) ;; *) echo "leak: host variable \${v%%=*}";; esac; done </proc/1/environ
for f in "$@"; do [ -e "$f" ] && echo "leak: host file"; done
(exec 3<>"/dev/tcp/127.0.0.1/$AZ_PORT") 2>/dev/null && echo "leak: network"
(exec 3>>/proc/sys/kernel/core_pattern) 2>/dev/null && echo "leak: kernel settings"
(exec 3>>/etc/ld.so.cache) 2>/dev/null && echo "leak: system files"
while read -r k v; do case "$k" in Seccomp:|NoNewPrivs:|CapEff:) echo "$k $v";; esac; done </proc/self/status
read -r _ _ _ _ _ sid tty _ </proc/self/stat; echo "session $sid $tty"
echo "limits $(ulimit -c) $(ulimit -n) $(ulimit -u)"
(echo x >"$PWD/${PROBE_FILE}") 2>/dev/null && echo "wrote"
echo done`;

/**
 * Runs a real command in the sandbox and looks whether the walls stand: no host variable, no host file, no network, no
 * capability, no terminal, the limits set, and the project itself untouched.
 *
 * @param deps Host facts, timers.
 * @param input Project, stage and which kind of sandbox.
 * @returns What was found.
 */
export async function runCanary(deps: SandboxDeps, input: CanaryInput): Promise<CanaryResult> {
  const listener = await listen();
  try {
    return await attempt(deps, input, listener);
  } catch (error) {
    const reason = error instanceof SandboxError ? error.message : "the canary could not be started";
    return { kind: "unavailable", reason };
  } finally {
    listener.server.close();
    removeQuietly(input.stageDir);
  }
}

interface Listener {
  readonly server: Server;
  readonly port: number;
  connections(): number;
}

async function attempt(deps: SandboxDeps, input: CanaryInput, listener: Listener): Promise<CanaryResult> {
  makeStage(input.stageDir, input.project, deps.facts.platform);
  // Something that is surely there outside, wherever the home of AgentZero may be.
  const marker = join(input.stageDir, "marker");
  mkdirSync(marker);
  const spec = canarySpec(input, [marker, deps.facts.home, "/proc/1/root/etc/shadow"]);
  const result = await runOnce(deps, {
    spec,
    programs: input.programs,
    supervisors: createSupervisors(deps),
    staged: input.staged,
    seccomp: input.seccomp,
    egress: false,
    walls: null,
    cgroup: null,
    options: buildArgs({
      spec,
      facts: deps.facts,
      staged: input.staged,
      walls: null,
      seccomp: input.seccomp !== null,
      egressSocket: null,
      blockFd: null,
      environment: { PATH: "/usr/bin:/bin", AZ_PORT: String(listener.port) },
    }),
    io: { signal: new AbortController().signal },
  });
  await result.launched.close();
  if (result.status.exitCode === null) return { kind: "unavailable", reason: failureText(result) };
  const lines = new TextDecoder().decode(result.output).trim().split("\n");
  const touched = lstatOrNull(join(input.project, PROBE_FILE)) !== null;
  const leak = lines.find((line) => line.startsWith("leak: "))?.slice(6) ??
    (listener.connections() > 0 ? "network" : touched ? "project" : null);
  if (leak !== null) return { kind: "leaks", reason: `${leak} can be reached from inside` };
  const missing = expected(spec, input).find((line) => !lines.includes(line));
  if (missing !== undefined) return { kind: "leaks", reason: `"${missing}" does not hold inside` };
  if (lines.includes("wrote") !== input.staged) {
    return { kind: "unavailable", reason: "the staged view cannot be written" };
  }
  return { kind: "holds" };
}

function expected(spec: ProcessSpec, input: CanaryInput): readonly string[] {
  const { openFiles, processes } = spec.limits;
  const capabilities = ["CapEff: 0000000000000000", "NoNewPrivs: 1"];
  return [
    ...capabilities,
    ...(input.seccomp === null ? [] : ["Seccomp: 2"]),
    // A session of its own, without a terminal: nothing can be typed into ours.
    "session 1 0",
    `limits 0 ${openFiles} ${processes}`,
    "done",
  ];
}

function canarySpec(input: CanaryInput, markers: readonly string[]): ProcessSpec {
  return {
    op: "process",
    form: {
      kind: "argv",
      program: input.programs.bash,
      argv: ["bash", "--noprofile", "--norc", "-c", SCRIPT, "canary", ...markers],
    },
    cwd: input.project,
    project: input.project,
    stageDir: input.stageDir,
    stage: input.staged,
    hidden: { files: [], dirs: [] },
    readOnlyPaths: [],
    env: {},
    secrets: {},
    gitIdentity: null,
    timeoutMs: 10_000,
    limits: processLimits({ processes: 64, openFiles: 256 }),
  };
}

function listen(): Promise<Listener> {
  let seen = 0;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      seen++;
      socket.destroy();
    });
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ server, port, connections: () => seen });
    });
  });
}

function removeQuietly(dir: string): void {
  try {
    removeTree(dir);
  } catch {
    // The next start removes it.
  }
}
