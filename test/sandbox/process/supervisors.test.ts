import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { findPrograms } from "../../../sandbox/process/find-programs.ts";
import { createSupervisors } from "../../../sandbox/process/supervisors.ts";
import { createBubblewrap } from "../../../sandbox/mod.ts";
import { isThere } from "../../support/is-there.ts";
import { createHandTimers, type HandTimers } from "../../support/hand-timers.ts";
import { RUNTIME } from "../../support/host-facts.ts";
import { onStop, type Rig, rig, valueOf } from "../rig.ts";
import { argvSpec, runtimeArgv, scriptSpec } from "./run.ts";

if (RUNTIME === "deno") process.stderr.write("skipped: waiting supervisors: Deno starts one for each run\n");

function programs(): Extract<ReturnType<typeof findPrograms>, { ok: true }>["programs"] {
  const found = findPrograms();
  if (!found.ok) throw new Error(`${found.missing} is missing`);
  return found.programs;
}

async function untilGone(pid: number): Promise<boolean> {
  for (const end = performance.now() + 60_000; isThere(pid) && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return !isThere(pid);
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      return /^State:\s+[^ZX]/m.test(status) && new RegExp(`^PPid:\\s+${parent}$`, "m").test(status);
    } catch {
      return false;
    }
  });
}

function supply(r: Rig): { readonly timers: HandTimers; readonly of: ReturnType<typeof createSupervisors> } {
  const timers = createHandTimers();
  return { timers, of: createSupervisors({ ...r.deps, timers }) };
}

describe("createSupervisors()", () => {
  it.runIf(RUNTIME === "node")("keeps one waiting for a session that runs one command after the other", async () => {
    const { of, timers } = supply(rig());
    const first = await of.take(programs(), true);
    of.prepare();
    expect(timers.pending).toEqual([]);
    const second = await of.take(programs(), true);
    of.prepare();
    await timers.fire(0);
    const third = await of.take(programs(), true);
    onStop(() => {
      for (const one of [first, second, third]) one.kill();
    });
    expect(new Set([first.pid, second.pid, third.pid]).size).toBe(3);
    // It waits where nothing is, with nothing that is ours.
    expect(readFileSync(`/proc/${third.pid}/environ`, "latin1")).toBe("");
    expect(readlinkSync(`/proc/${third.pid}/cwd`)).toBe("/");
  });

  it.runIf(RUNTIME === "node")("ends the one that waits with the session, and has none wait from then on", async () => {
    const { of, timers } = supply(rig());
    (await of.take(programs(), true)).kill();
    (await of.take(programs(), true)).kill();
    of.prepare();
    await timers.fire(0);
    const ended = childrenOf(process.pid);
    expect(ended.length).toBeGreaterThan(0);
    of.close();
    for (const pid of ended) expect(await untilGone(pid)).toBe(true);
    of.prepare();
    await timers.fire(0);
    expect(childrenOf(process.pid)).toEqual([]);
    of.close();
  });

  it.runIf(RUNTIME === "node")("lets one go that waited for long, is of the other kind, or has died", async () => {
    const { of, timers } = supply(rig());
    for (let i = 0; i < 2; i++) (await of.take(programs(), false)).kill();
    of.prepare();
    await timers.fire(0);
    const other = await of.take(programs(), true);
    onStop(() => other.kill());
    // A program that was just started is not yet where it goes.
    await expect.poll(() => readlinkSync(`/proc/${other.pid}/ns/user`))
      .not.toBe(readlinkSync("/proc/self/ns/user"));
    of.prepare();
    await timers.fire(0);
    await timers.fire(30_000);
    expect(timers.pending).toEqual([]);
    const fresh = await of.take(programs(), true);
    onStop(() => fresh.kill());
    expect(fresh.ended).toBe(false);
    fresh.kill();
    await fresh.gone;
    expect(fresh.ended).toBe(true);
  });

  it("ends with the process that started it, whatever ends that", async () => {
    const r = rig();
    const program = join(r.root, "agent.ts");
    writeFileSync(
      program,
      `
import { startSupervisor } from "${process.cwd()}/sandbox/process/start-supervisor.ts";
const supervisor = await startSupervisor(${JSON.stringify(programs())}, true);
console.log(supervisor.pid);
setInterval(() => {}, 1000);
`,
    );
    const [runtime = "", ...args] = runtimeArgv(program);
    const agent = spawn(runtime, args, { stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(
      await new Promise<string>((resolve) =>
        agent.stdout.once("data", (chunk: Uint8Array) => resolve(new TextDecoder().decode(chunk)))
      ),
    );
    expect(isThere(pid)).toBe(true);
    agent.kill("SIGKILL");
    expect(await untilGone(pid)).toBe(true);
  });
});

describe("a session of many commands", () => {
  it("gives each its own words, input, limits and view, whoever waited for it", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps);
    // Every character that a shell could take for something, and bytes that some shells use for themselves.
    const odd = Array.from({ length: 0x500 }, (_, at) => String.fromCodePoint(at + 1)).join("");
    const words = ["'", "''", "\\", "$(id)", "`id`", "a\nb", "\u0081\u0088", "\u{1f600}", odd, "}", "run", "#", "-s"];
    for (let i = 0; i < 4; i++) {
      const value = valueOf(await r.run(backend, argvSpec(r, ["/usr/bin/printf", "[%s]", ...words, String(i)])));
      expect(new TextDecoder().decode(value.output)).toBe([...words, String(i)].map((word) => `[${word}]`).join(""));
      const stdin = new TextEncoder().encode(`input ${i}`);
      const both = scriptSpec(r, `cat; readlink /proc/self/fd/0; echo ${i} >made; ls`, i % 2 === 0 ? { stdin } : {});
      const run = valueOf(await r.run(backend, both));
      const text = new TextDecoder().decode(run.output);
      expect(text).toMatch(i % 2 === 0 ? new RegExp(`^input ${i}`) : /^\/dev\/null\nmade\n$/);
      expect(run.changes.map(({ relative }) => relative)).toEqual(["made"]);
      await run.stage?.discard();
      await backend.idle();
    }
  });
});
