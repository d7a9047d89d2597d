import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { createHostFiles, createHostWriter } from "../../../sandbox/mod.ts";
import { RUNTIME } from "../../support/host-facts.ts";
import { onStop, type Rig, rig, SCALE } from "../rig.ts";

const TRIES = 1500 * SCALE;
// A write waits for the disk. AZ_SCALE=200 makes 300,000 reads and 100,000 writes, best with TMPDIR on a memory disk.
const WRITES = 500 * SCALE;
const timeout = 120_000 * Math.max(1, SCALE);
const REST = 10;

// Swaps the folder `d`, and the file `e/f`, with links to the outside as fast as it can, and leaves both as they should
// be for REST ms out of every 2 x REST: some calls succeed however slow the disk is, and most meet a swap.
const RACER = `
const fs = require("node:fs");
const [rest, d, d1, f, f1, out] = process.argv.slice(1).slice(-6);
const quiet = (run) => { try { run(); } catch {} };
const never = new Int32Array(new SharedArrayBuffer(4));
fs.writeSync(1, "go");
for (let woken = Date.now();;) {
  if (Date.now() - woken > Number(rest)) {
    Atomics.wait(never, 0, 0, Number(rest));
    woken = Date.now();
  }
  quiet(() => fs.renameSync(d, d1));
  quiet(() => fs.symlinkSync(out, d));
  quiet(() => fs.renameSync(f, f1));
  quiet(() => fs.symlinkSync(out + "/f", f));
  quiet(() => fs.rmSync(d, { recursive: true })); // the link, or a folder that a write has made in its place
  quiet(() => fs.renameSync(d1, d));
  quiet(() => fs.unlinkSync(f));
  quiet(() => fs.renameSync(f1, f));
}`;

/** @param rest in milliseconds: several times what one undisturbed call takes here */
async function race(r: Rig, rest: number): Promise<string> {
  const outside = join(r.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "f"), "canary");
  r.put("d/f", "inside");
  r.put("e/f", "inside");
  const paths = ["d", "d1", "e/f", "e/f1"].map((path) => join(r.project, path));
  const script = join(r.root, "racer.cjs");
  writeFileSync(script, RACER);
  const args = RUNTIME === "deno" ? ["run", "-A", "--no-lock", script] : [script];
  const child = spawn(process.execPath, [...args, String(rest), ...paths, outside], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onStop(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return outside;
}

describe("a racer that swaps folders and files with links", () => {
  it("never gets a byte from outside into a read", { timeout }, async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    await race(r, REST);
    const codes = new Map<string, number>();
    for (let i = 0; i < TRIES || !codes.has("inside"); i++) {
      const target = join(r.project, i % 2 === 0 ? "d/f" : "e/f");
      const outcome = await r.run(files, { op: "read", target, offset: 1, limit: null, maxBytes: 100 });
      const seen = outcome.ok && outcome.value.op === "read"
        ? String(outcome.value.text)
        : outcome.ok
        ? ""
        : outcome.code;
      codes.set(seen, (codes.get(seen) ?? 0) + 1);
    }
    expect([...codes.keys()].toSorted()).not.toContain("canary");
    expect(codes.get("inside")).toBeGreaterThan(0);
    for (const code of codes.keys()) expect(["inside", "NOT_FOUND", "NOT_REGULAR", "PATH_CHANGED"]).toContain(code);
  });

  it("never gets a byte of a write outside", { timeout }, async () => {
    const r = rig();
    const writer = createHostWriter(r.deps);
    const content = new TextEncoder().encode("mine");
    function write(path: string, createParents: boolean) {
      return r.run(writer, { op: "write", target: join(r.project, path), content, expect: null, createParents });
    }
    const before = performance.now();
    for (let i = 0; i < 5; i++) await write(`calm/new-${i}`, true);
    const outside = await race(r, Math.max(REST, performance.now() - before));
    let written = 0;
    for (let i = 0; i < WRITES || written === 0; i++) {
      if ((await write(`d/new-${i}`, i % 2 === 0)).ok) written++;
    }
    expect(written).toBeGreaterThan(0);
    expect(readdirSync(outside)).toEqual(["f"]);
  });

  it("never finds a line from outside", { timeout }, async () => {
    const r = rig();
    await race(r, REST);
    const files = createHostFiles(r.deps);
    for (let i = 0; i < TRIES / 5; i++) {
      const spec = {
        op: "search",
        target: r.project,
        pattern: "canary",
        literal: true,
        maxHits: 10,
        skip: [],
      } as const;
      const outcome = await r.run(files, spec);
      expect(outcome.ok && outcome.value.op === "search" ? outcome.value.hits : []).toEqual([]);
    }
  });
});
