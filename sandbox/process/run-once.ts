import type { RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { withRelay } from "../egress/relay.ts";
import { SandboxError } from "../errors.ts";
import { PROCESS_BOUNDS, SANDBOX_BOUNDS } from "../limits.ts";
import type { CgroupLeaf } from "./cgroup.ts";
import { launch, type Launched } from "./launch.ts";
import { createOutputBuffer } from "./output-buffer.ts";
import type { ProcessSpec } from "./process-spec.ts";
import type { ProgramWalls } from "./program-walls.ts";
import type { RunStatus } from "./status-reader.ts";
import { type Programs, supervisorScript } from "./supervisor.ts";
import type { Supervisors } from "./supervisors.ts";
import { writtenBy } from "./written-by.ts";
import { createStopper, type Stopper } from "./run-stopper.ts";
import { type RunEnd, startWatchdog, type Watching } from "./watchdog.ts";

/** One start of the sandbox. */
export interface OnceInput {
  readonly spec: ProcessSpec;
  readonly programs: Programs;
  readonly supervisors: Supervisors;
  readonly staged: boolean;
  /** What keeps a skill's script from starting other programs, or `null`. */
  readonly walls: ProgramWalls | null;
  /** Compiled filter, or `null` for none. */
  readonly seccomp: Uint8Array | null;
  /** Is there a proxy, and with it a relay to start first? */
  readonly egress: boolean;
  /** Group that the command is put into before it starts, or `null`. */
  readonly cgroup: CgroupLeaf | null;
  /** Options of bubblewrap; they hold secret values. */
  readonly options: readonly string[];
  readonly io: Pick<RunIo, "signal" | "onOutput">;
}

/** How it ended. */
export interface OnceResult {
  readonly launched: Launched;
  readonly status: RunStatus;
  readonly ended: RunEnd | null;
  readonly output: Uint8Array;
  readonly truncated: boolean;
  readonly outputBytes: number;
  readonly peakBytes: number | null;
}

// What bubblewrap, our supervisor and the programs it needs say about themselves.
const OWN_LINES = /^(?:bwrap|setup|mount|unshare|prlimit|agentzero-sandbox): .*$/gm;

/**
 * Starts one sandbox, watches it and waits for its end. The supervisor stays alive for the caller to close.
 *
 * @param deps Timers and host facts.
 * @param input What is started.
 * @returns Output and status; `ended` says which limit ended it.
 * @throws {SandboxError} `SANDBOX_FAILED` when it could not be started or did not end.
 */
export async function runOnce(deps: SandboxDeps, input: OnceInput): Promise<OnceResult> {
  const { spec, io } = input;
  const output = createOutputBuffer(spec.limits.outputBytes);
  const stopper = createStopper(deps);
  let watching: Watching | null = null;
  const cancels: (() => void)[] = [];
  const supervisor = await input.supervisors.take(input.programs, isOwn(input));
  const run = launch({
    supervisor,
    script: scriptOf(deps, input),
    args: new TextEncoder().encode(input.options.map((option) => `${option}\0`).join("")),
    seccomp: input.seccomp,
    stdin: spec.stdin ?? null,
    block: input.cgroup !== null,
    onChild(pid) {
      if (input.cgroup !== null) void enter(input.cgroup, { pid, stopper });
      const disk = input.staged ? spec.stageDir : null;
      watching = startWatchdog({
        timers: deps.timers,
        limits: spec.limits,
        pid,
        disk,
        written: () =>
          writtenBy(`${spec.stageDir}/up`, { bytes: spec.limits.diskBytes, files: spec.limits.changes * 2 }),
        uid: deps.facts.uid,
        onEnd: (end) => stopper.stop(end),
      });
    },
    onOutput(stream, chunk) {
      output.push(chunk);
      pass(io, stream, chunk);
      if (output.total > spec.limits.drainBytes) stopper.stop(tooMuchOutput(spec.limits.drainBytes));
    },
  });
  stopper.attach(run);
  cancels.push(deps.timers.after(spec.timeoutMs, () => stopper.stop(outOfTime(spec.timeoutMs))));
  function abort(): void {
    stopper.stop({ code: "CANCELLED", reason: "Cannot go on: the call was cancelled", hint: null });
  }
  io.signal.addEventListener("abort", abort, { once: true });
  if (io.signal.aborted) abort();
  try {
    await Promise.race([run.ended, stopper.lost]);
  } finally {
    for (const cancel of cancels) cancel();
    stopper.done();
    io.signal.removeEventListener("abort", abort);
    stopWatching(watching);
  }
  const { bytes, truncated } = output.result();
  return {
    launched: run,
    status: run.status,
    ended: stopper.end ?? (input.cgroup?.usage().outOfMemory === true ? outOfMemory(spec.limits.memoryBytes) : null),
    output: bytes,
    truncated,
    outputBytes: output.total,
    peakBytes: input.cgroup?.usage().peakBytes ?? peakOf(watching),
  };
}

/**
 * Explains a run that has no exit status.
 *
 * @param result The run.
 * @returns What our own programs said; never what the command printed.
 */
export function failureText(result: Pick<OnceResult, "status" | "output">): string {
  const said = `${result.status.text}\n${new TextDecoder().decode(result.output.subarray(0, 16_384))}`;
  const lines = said.match(OWN_LINES) ?? [];
  return lines.length === 0 ? "it ended without a status" : lines.slice(0, 3).join("; ").slice(0, 400);
}

function scriptOf(deps: SandboxDeps, input: OnceInput): string {
  const { spec, programs, staged, walls } = input;
  return supervisorScript({
    programs,
    staged,
    own: isOwn(input),
    setup: walls?.setup ?? [],
    viewOptions: walls === null ? [] : ["nosuid", "nodev", "noexec"],
    stageDir: spec.stageDir,
    limits: spec.limits,
    timeoutMs: spec.timeoutMs,
    command: commandOf(deps, input),
    has: { stdin: (spec.stdin ?? null) !== null, seccomp: input.seccomp !== null, block: input.cgroup !== null },
  });
}

// Mounts of our own need a namespace of our own.
function isOwn({ staged, walls }: OnceInput): boolean {
  return staged || walls !== null;
}

function commandOf(deps: SandboxDeps, input: OnceInput): readonly string[] {
  const { form } = input.spec;
  const { bash } = input.programs;
  const command = form.kind === "script"
    ? [bash, "--noprofile", "--norc", "-c", form.script]
    : [form.program, ...form.argv.slice(1)];
  return input.egress ? withRelay(command, bash, deps.facts) : command;
}

// Who only looks on must not be able to break a run.
function pass(io: Pick<RunIo, "onOutput">, stream: "stdout" | "stderr", chunk: Uint8Array): void {
  try {
    io.onOutput?.(stream, chunk);
  } catch {
    // The output itself is kept.
  }
}

// The command waits until it is in its group: it is bound from its first instruction on.
async function enter(cgroup: CgroupLeaf, at: { readonly pid: number; readonly stopper: Stopper }): Promise<void> {
  try {
    await cgroup.place(at.pid);
    at.stopper.release();
  } catch {
    at.stopper.fail(
      new SandboxError("SANDBOX_FAILED", "Cannot run command: it cannot be put into its control group"),
    );
  }
}

function stopWatching(watching: Watching | null): void {
  watching?.stop();
}

function peakOf(watching: Watching | null): number | null {
  return watching?.peakBytes ?? null;
}

function outOfTime(ms: number): RunEnd {
  return {
    code: "LIMIT_TIME",
    reason: `Cannot go on: the deadline of ${ms} ms passed`,
    hint: `pass a longer timeout_ms, or see ${SANDBOX_BOUNDS.timeoutMs.key} in config.yml`,
  };
}

function outOfMemory(limit: number): RunEnd {
  return {
    code: "LIMIT_MEMORY",
    reason: `Cannot go on: its processes use more than ${limit} bytes of memory`,
    hint: `see ${PROCESS_BOUNDS.memoryBytes.key} in config.yml`,
  };
}

function tooMuchOutput(limit: number): RunEnd {
  return {
    code: "LIMIT_OUTPUT",
    reason: `Cannot go on: it printed more than ${limit} bytes`,
    hint: `send the output to a file, or see ${PROCESS_BOUNDS.drainBytes.key} in config.yml`,
  };
}
