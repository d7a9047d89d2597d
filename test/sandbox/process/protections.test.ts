import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { probeProtections, type Protection } from "../../../sandbox/mod.ts";
import { type Rig, rig } from "../rig.ts";
import { IN_OWN_NAMESPACES, runtimeArgv } from "./run.ts";

type States = Readonly<Record<string, Protection["state"]>>;

const NAMES = [
  "file access",
  "namespaces",
  "environment",
  "system files",
  "privileges",
  "terminal",
  "network",
  "limits",
  "staging",
  "system calls",
  "control group",
];

function statesOf(found: readonly Protection[]): States {
  return Object.fromEntries(found.map(({ name, state }) => [name, state]));
}

// Probes in a runtime of its own, behind a shell text that takes something away first.
async function probedBehind(r: Rig, wrap: string): Promise<readonly Protection[]> {
  const program = join(r.root, "probe.ts");
  writeFileSync(
    program,
    `
import { loadSodium } from "${process.cwd()}/core/mod.ts";
import { probeProtections } from "${process.cwd()}/sandbox/mod.ts";
await loadSodium();
const deps = {
  clock: { now: () => Date.now(), mono: () => performance.now() },
  timers: { after(ms, run) { const timer = setTimeout(run, ms); return () => clearTimeout(timer); } },
  random: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)) },
  facts: ${JSON.stringify(r.deps.facts)},
};
console.log(JSON.stringify(await probeProtections(deps)));
`,
  );
  const child = spawn("/bin/bash", ["-c", wrap, "probe", ...runtimeArgv(program)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Uint8Array) => void (text += new TextDecoder().decode(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(text.split("\n").find((line) => line.startsWith("[")) ?? "[]") as readonly Protection[];
}

describe("probeProtections()", () => {
  it("tells of each protection whether it is on here, after real canaries", async () => {
    const found = await probeProtections(rig().deps);
    expect(found.map(({ name }) => name)).toEqual(NAMES);
    const { "control group": group, "system calls": calls, ...walls } = statesOf(found);
    expect(new Set(Object.values(walls))).toEqual(new Set(["on"]));
    expect(["on", "off"]).toContain(group);
    expect(calls).toBe(process.arch === "x64" ? "on" : "off");
    for (const { state, fix, detail } of found) {
      expect(detail.length).toBeGreaterThan(10);
      expect(state === "off" && fix === null).toBe(false);
    }
  });

  it("says why what was turned off is off", async () => {
    const found = await probeProtections(rig().deps, { seccomp: "off", cgroup: "/proc/self/nowhere" });
    expect(found.find(({ name }) => name === "system calls")).toMatchObject({
      state: "off",
      detail: expect.stringContaining("sandbox.seccomp"),
      fix: expect.stringContaining("auto"),
    });
    expect(statesOf(found)).toMatchObject({ "control group": "on", staging: "on" });
  });

  it.for(
    [
      ["bubblewrap is missing", "mount --bind /dev/null /usr/bin/bwrap", "bwrap is not installed", /bubblewrap/],
      [
        "user namespaces are forbidden",
        "echo 0 >/proc/sys/user/max_user_namespaces",
        "commands are refused",
        /max_user_namespaces/,
      ],
    ] as const,
  )("shows every wall as off where %s, with the one fix", async ([, take, why, fix]) => {
    const found = await probedBehind(rig(), `${IN_OWN_NAMESPACES} '${take}; exec "$@"' x "$@"`);
    expect(found.map(({ name }) => name)).toEqual(NAMES);
    const [files, ...walls] = found;
    expect(files).toMatchObject({ name: "file access", state: "on" });
    for (const entry of walls) {
      expect(entry).toMatchObject({ state: "off", detail: expect.stringContaining(why) });
      expect(entry.fix).toMatch(fix);
    }
  });

  it("shows staging alone as off where no view can be mounted", async () => {
    const r = rig();
    for (const name of ["low", "up", "work"]) mkdirSync(join(r.root, name));
    const { tmp } = r.deps.facts;
    // An overlay cannot be the upper layer of another one.
    const mount =
      `cd /; mount -t overlay overlay -o lowerdir=${r.root}/low,upperdir=${r.root}/up,workdir=${r.root}/work,userxattr ${r.root}/low`;
    const over = { ...r, deps: { ...r.deps, facts: { ...r.deps.facts, tmp: join(r.root, "low") } } };
    const found = await probedBehind(over, `${IN_OWN_NAMESPACES} '${mount}; exec "$@"' x "$@"`);
    expect(tmp).not.toBe(over.deps.facts.tmp);
    const { staging, "control group": _, ...walls } = statesOf(found);
    expect(staging).toBe("off");
    expect(new Set(Object.values(walls))).toEqual(new Set(["on"]));
  });

  it("calls it unsupported on systems without a sandbox", async () => {
    const r = rig();
    const found = await probeProtections({ ...r.deps, facts: { ...r.deps.facts, platform: "darwin" } });
    const { "file access": _, ...walls } = statesOf(found);
    expect(new Set(Object.values(walls))).toEqual(new Set(["unsupported"]));
  });
});
