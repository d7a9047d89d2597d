import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../core/mod.ts";
import { createBubblewrap, processLimits, type ProcessValue } from "../../../sandbox/mod.ts";
import { codeOf, type Rig, rig, valueOf } from "../rig.ts";
import { argvSpec, nestedProgram, runSpec, runtimeArgv, script, scriptSpec } from "./run.ts";

// A command line of this process alone: the same tests run beside it, on the other runtime and as another user.
function nap(seconds: number): string {
  return `sleep ${seconds}.${process.pid}`;
}

// Every process of this machine whose command line holds a text.
function processesWith(text: string): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(text);
    } catch {
      return false;
    }
  });
}

async function untilGone(text: string): Promise<readonly string[]> {
  for (const end = performance.now() + 60_000; performance.now() < end;) {
    if (processesWith(text).length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return processesWith(text);
}

// Runs a script that its deadline ends: a longer one, until it has come as far as to print what it begins with.
async function pastDeadline(r: Rig, text: string, begun: string): Promise<Outcome<ProcessValue>> {
  for (let timeoutMs = 1200;; timeoutMs *= 3) {
    const outcome = await runSpec(r, scriptSpec(r, text, { timeoutMs }));
    if (timeoutMs > 10_000 || new TextDecoder().decode(valueOf(outcome).output).includes(begun)) return outcome;
  }
}

describe("how a command ends", () => {
  it("gives its exit status, output and both streams", async () => {
    const r = rig();
    const live: string[] = [];
    const outcome = await runSpec(r, scriptSpec(r, "echo out; echo err >&2; exit 7"), {
      onOutput: (stream, chunk) => void live.push(`${stream}:${new TextDecoder().decode(chunk)}`),
    });
    const value = valueOf(outcome);
    expect(value).toMatchObject({ exit: 7, ended: null, truncated: false });
    expect(new TextDecoder().decode(value.output).split("\n").toSorted()).toEqual(["", "err", "out"]);
    expect(live.toSorted()).toEqual(["stderr:err\n", "stdout:out\n"]);
    expect(outcome).toMatchObject({ started: true, usage: { outputBytes: 8 } });
  });

  it("reports a program that is not there, and one ended by a signal", async () => {
    const r = rig();
    expect((await script(r, "nosuchprogram")).value.exit).toBe(127);
    expect(codeOf(await runSpec(r, argvSpec(r, ["/usr/bin/nosuch"])))).toBe("NOT_FOUND");
    expect((await script(r, "kill -9 $$")).value).toMatchObject({ exit: 137, ended: null });
  });

  it("tells a file that may not be executed from a sandbox that broke", async () => {
    const r = rig();
    const path = join(r.project, "script.sh");
    writeFileSync(path, "#!/bin/sh\necho hi\n", { mode: 0o644 });
    const outcome = await runSpec(r, argvSpec(r, [path]));
    expect(outcome).toMatchObject({
      ok: false,
      code: "FILE_REFUSED",
      reason: expect.stringContaining("script.sh is not executable"),
      hint: expect.stringContaining("chmod +x"),
    });
  });

  it("runs words as they are, without a shell", async () => {
    const r = rig();
    const words = ["$HOME", "*", "; id", "a b", "", "`id`", "\n", "-n"];
    const value = valueOf(await runSpec(r, argvSpec(r, ["/usr/bin/printf", "[%s]", ...words])));
    expect(new TextDecoder().decode(value.output)).toBe(words.map((word) => `[${word}]`).join(""));
  });

  it("gives standard input only when there is some", async () => {
    const r = rig();
    expect((await script(r, "cat | wc -c")).text.trim()).toBe("0");
    const stdin = new TextEncoder().encode("x".repeat(300_000));
    expect((await script(r, "cat | wc -c", { stdin })).text.trim()).toBe("300000");
    expect((await script(r, "true", { stdin })).value.exit).toBe(0);
  });

  it.each([
    ["sleeps", nap(61)],
    ["ignores SIGTERM", `trap '' TERM; while :; do ${nap(61)}; done`],
    ["spins", `while :; do :; done # ${nap(61)}`],
    ["hides in the background", `setsid sh -c 'trap "" TERM HUP INT; ${nap(61)}' & disown; ${nap(61)}`],
    ["stops itself", `kill -STOP $$ # ${nap(61)}`],
  ])("ends at the deadline one that %s, with all its children", async (_, text) => {
    const r = rig();
    const outcome = await pastDeadline(r, `echo begun; ${text}`, "begun\n");
    const value = valueOf(outcome);
    expect(value.ended).toMatchObject({ code: "LIMIT_TIME" });
    expect(value).toMatchObject({ exit: null, stage: null, changes: [] });
    expect(new TextDecoder().decode(value.output)).toContain("begun\n");
    // Far from the minute that it wanted, however busy the machine is.
    expect(outcome.ms).toBeLessThan(50_000);
    expect(await untilGone(nap(61))).toEqual([]);
  });

  it("lets a command clean up when its time is over", async () => {
    const r = rig();
    const text = "trap 'echo cleaned; exit 3' TERM; echo begun; while :; do sleep 0.05; done";
    const value = valueOf(await pastDeadline(r, text, "begun\n"));
    expect(new TextDecoder().decode(value.output)).toContain("cleaned");
    expect(value.ended?.code).toBe("LIMIT_TIME");
  });

  it("ends a cancelled one", async () => {
    const r = rig();
    const abort = new AbortController();
    const outcome = await runSpec(r, scriptSpec(r, `echo ready; echo x >made; ${nap(62)}`), {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(valueOf(outcome)).toMatchObject({ ended: { code: "CANCELLED" }, stage: null });
    expect(await untilGone(nap(62))).toEqual([]);
    expect(existsSync(join(r.project, "made"))).toBe(false);
  });

  it("does not start a cancelled one", async () => {
    const r = rig();
    const outcome = await runSpec(r, scriptSpec(r, "true"), { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ ok: false, code: "CANCELLED", started: false });
  });

  it("ends daemons with the command that started them", async () => {
    const r = rig();
    const begun = performance.now();
    const { value } = await script(
      r,
      `setsid sh -c '${nap(63)}' >/dev/null 2>&1 & nohup ${nap(63)} >/dev/null 2>&1 & echo started`,
    );
    expect(value.exit).toBe(0);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(await untilGone(nap(63))).toEqual([]);
  });

  it("ends everything when the agent is killed", async () => {
    const r = rig();
    const program = join(r.root, "agent.ts");
    const spec = scriptSpec(r, `echo x >made; setsid ${nap(64)} & echo ready; ${nap(64)}`);
    writeFileSync(program, nestedProgram(r, spec, true));
    const [runtime = "", ...args] = runtimeArgv(program);
    const agent = spawn(runtime, args, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => agent.stdout.once("data", resolve));
    expect(processesWith(nap(64)).length).toBeGreaterThan(0);
    const ended = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGKILL");
    await ended;
    expect(await untilGone(nap(64))).toEqual([]);
    expect(existsSync(join(r.project, "made"))).toBe(false);
    // What it left is removed by the next start.
    const left = join(r.project, ".agentzero/state/stage");
    expect(readdirSync(left).length).toBe(1);
    await script(r, "true");
    expect(readdirSync(left)).toEqual([]);
  });

  it("calls it a failure when the sandbox breaks, and never runs bare", async () => {
    const r = rig();
    mkdirSync(join(r.root, "chain"));
    const spec = scriptSpec(r, "echo x >made; echo RAN", { readOnlyPaths: [join(r.root, "gone")] });
    const outcome = await runSpec(r, spec);
    expect(outcome).toMatchObject({ ok: false, code: "SANDBOX_FAILED", started: true });
    expect(!outcome.ok && outcome.reason).toContain("bwrap: Can't find source path");
    expect(existsSync(join(r.project, "made"))).toBe(false);
  });
});

describe("limits", () => {
  it("keeps head and tail of a long output and counts the rest", async () => {
    const r = rig();
    const { text, value } = await script(r, "seq 1 200000", { limits: processLimits({ outputBytes: 4000 }) });
    expect(value.truncated).toBe(true);
    expect(text.startsWith("1\n2\n3\n")).toBe(true);
    expect(text.endsWith("199999\n200000\n")).toBe(true);
    expect(text).toMatch(/\[… \d+ bytes left out …\]/);
    expect(text.length).toBeLessThan(4200);
  });

  it("ends one that never stops printing", async () => {
    const r = rig();
    const outcome = await runSpec(r, scriptSpec(r, "yes", { limits: processLimits({ drainBytes: 1_000_000 }) }));
    expect(valueOf(outcome).ended?.code).toBe("LIMIT_OUTPUT");
    // Long before its time would have been over.
    expect(outcome.ms).toBeLessThan(20_000);
  });

  it("survives a fork bomb", async () => {
    const r = rig();
    // Bounded, so that a missing limit hurts nobody: it would be 2,048 processes.
    const bomb = `perl -e 'fork for 1..11; sleep 67' ${process.pid}`;
    const outcome = await runSpec(
      r,
      scriptSpec(r, bomb, { timeoutMs: 3000, limits: processLimits({ processes: 40 }) }),
    );
    const value = valueOf(outcome);
    expect(["LIMIT_PROCESSES", "LIMIT_TIME"]).toContain(value.ended?.code);
    expect(await untilGone(`sleep 67\0${process.pid}`)).toEqual([]);
  });

  it("bounds the number of processes, whoever we are", async () => {
    const r = rig();
    const forks =
      "perl -e 'my $no = 0; for (1..60) { my $p = fork; if (!defined $p) { $no++ } elsif (!$p) { sleep 65; exit } } print \"refused $no\\n\"; sleep 2'";
    const outcome = await runSpec(
      r,
      scriptSpec(r, forks, { timeoutMs: 40_000, limits: processLimits({ processes: 20 }) }),
    );
    const value = valueOf(outcome);
    // The kernel refuses to fork; where it cannot, for the real root, the watchdog ends the run.
    const refused = Number(/refused (\d+)/.exec(new TextDecoder().decode(value.output))?.[1] ?? 0);
    expect(value.ended?.code === "LIMIT_PROCESSES" || refused > 30).toBe(true);
  });

  it("bounds the memory of one process", async () => {
    const r = rig();
    const { value } = await script(r, "perl -e '$x = \"x\" x (300*1024*1024); print length $x'", {
      limits: processLimits({ dataBytes: 100 * 1024 * 1024 }),
    });
    expect(value.exit).not.toBe(0);
    const twin = await script(r, "perl -e '$x = \"x\" x (30*1024*1024); print length $x'", {
      limits: processLimits({ dataBytes: 100 * 1024 * 1024 }),
    });
    expect(twin.text).toBe(String(30 * 1024 * 1024));
  });

  it("bounds the memory of all processes together", async () => {
    const r = rig();
    const hog = "perl -e '$x = \"x\" x (60*1024*1024); sleep 50'";
    const outcome = await runSpec(
      r,
      scriptSpec(r, `${hog} & ${hog} & ${hog} & ${hog} & wait`, {
        timeoutMs: 55_000,
        limits: processLimits({ memoryBytes: 128 * 1024 * 1024 }),
      }),
    );
    expect(valueOf(outcome).ended?.code).toBe("LIMIT_MEMORY");
    expect(outcome.usage.memoryBytes).toBeGreaterThan(64 * 1024 * 1024);
  });

  it("bounds files, open files, core dumps and processor time", async () => {
    const r = rig();
    // So that there is something to bound: many systems start with none.
    spawnSync("prlimit", ["--pid", String(process.pid), "--core=1000000"]);
    const limits = processLimits({ fileBytes: 1024 * 1024, openFiles: 50 });
    const { text } = await script(r, "head -c 3000000 /dev/zero >big; wc -c <big; ulimit -c; ulimit -n; ulimit -t", {
      limits,
      timeoutMs: 9000,
    });
    expect(text.trim().split("\n").slice(-4)).toEqual(["1048576", "0", "50", "10"]);
  });

  it("bounds /tmp and /dev/shm, and forgets them", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps);
    const limits = processLimits({ tmpBytes: 1024 * 1024 });
    const { text } = await script(
      r,
      "for d in /tmp /dev/shm; do head -c 3000000 /dev/zero >$d/big; wc -c <$d/big; done 2>/dev/null",
      { limits, backend },
    );
    for (const size of text.trim().split("\n")) expect(Number(size)).toBeLessThanOrEqual(1024 * 1024);
    expect((await script(r, "ls -A /tmp /dev/shm", { backend })).text).not.toContain("big");
  });

  it("bounds what is written to the staged view", async () => {
    const r = rig();
    const limits = processLimits({ diskBytes: 8 * 1024 * 1024 });
    const small = await runSpec(
      r,
      scriptSpec(r, "for i in 1 2 3; do head -c 4000000 /dev/urandom >f$i; done", { limits }),
    );
    expect([codeOf(small), small.ok ? small.value.ended?.code : "LIMIT_DISK"]).toEqual([
      small.ok ? "ok" : "LIMIT_DISK",
      "LIMIT_DISK",
    ]);
    expect(readdirSync(r.project)).toEqual([".agentzero"]);
  });

  it("ends one that fills the disk while it does", async () => {
    const r = rig();
    const limits = processLimits({ diskBytes: 8 * 1024 * 1024 });
    const outcome = await runSpec(
      r,
      scriptSpec(r, `head -c 40000000 /dev/urandom >big; sync; ${nap(66)}`, { limits, timeoutMs: 60_000 }),
    );
    expect(valueOf(outcome).ended?.code).toBe("LIMIT_DISK");
    expect(await untilGone(nap(66))).toEqual([]);
  });

  it("bounds how many paths may change", async () => {
    const r = rig();
    const outcome = await runSpec(
      r,
      scriptSpec(r, "mkdir d; for i in $(seq 1 150); do : >d/$i; done", { limits: processLimits({ changes: 100 }) }),
    );
    expect(outcome).toMatchObject({ ok: false, code: "LIMIT_DISK" });
    expect(readdirSync(r.project)).toEqual([".agentzero"]);
    expect(readdirSync(join(r.project, ".agentzero/state/stage"))).toEqual([]);
  });

  it("bounds how many run at once, in order, and refuses a crowd", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps, { running: 1 });
    const order: number[] = [];
    const runs = Array.from({ length: 66 }, async (_, index) => {
      const outcome = await r.run(
        backend,
        argvSpec(r, ["true"]),
        index > 2 && index < 65 ? { signal: AbortSignal.timeout(300) } : {},
      );
      order.push(index);
      return codeOf(outcome);
    });
    const codes = await Promise.all(runs);
    expect(codes.slice(0, 3)).toEqual(["ok", "ok", "ok"]);
    expect(codes.at(-1)).toBe("BUSY");
    expect(order.filter((index) => index < 3)).toEqual([0, 1, 2]);
  });
});
