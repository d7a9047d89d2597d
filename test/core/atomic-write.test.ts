import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createFileOnce, removeStaleTemporaries, writeFileAtomic } from "../../core/atomic-write.ts";
import { codeOf, utf8 } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("writeFileAtomic()", () => {
  it("replaces the whole file, mode included, and leaves nothing behind", () => {
    const folder = tempDir({ a: "old and longer" });
    writeFileAtomic(join(folder, "a"), utf8("new"), 0o640);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("new");
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("replaces a link instead of writing through it", () => {
    const folder = tempDir({ target: "kept" });
    symlinkSync("target", join(folder, "a"));
    writeFileAtomic(join(folder, "a"), utf8("new"));
    expect([readFileSync(join(folder, "target"), "utf8"), readFileSync(join(folder, "a"), "utf8")]).toEqual([
      "kept",
      "new",
    ]);
  });

  it("puts no file in the place of a device or FIFO", () => {
    const path = join(tempDir(), "fifo");
    execFileSync("mkfifo", [path]);
    expect(codeOf(() => writeFileAtomic(path, utf8("x")))).toBe("FILE_WRITE");
    expect(statSync(path).isFIFO()).toBe(true);
  });

  it("fails without a trace when it cannot write", () => {
    const folder = tempDir();
    mkdirSync(join(folder, "a"));
    expect(codeOf(() => writeFileAtomic(join(folder, "a"), utf8("x")))).toBe("FILE_WRITE");
    expect(codeOf(() => writeFileAtomic(join(folder, "none", "a"), utf8("x")))).toBe("FILE_WRITE");
    expect(() => writeFileAtomic(join(folder, "none", "a"), utf8("x"))).toThrow(/"[^"]+": its folder is not there$/);
    expect(() => writeFileAtomic(folder, utf8("x"))).toThrow(/"[^"]+": a folder has that name$/);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("leaves the old or the new content when it is killed, never a mixture", async () => {
    const folder = tempDir({ a: "old" });
    const kills = Number(process.env["AZ_SCALE"] ?? "1") * 4;
    for (let i = 0; i < kills; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one victim after the other
      await killedWriter(folder, 20 + i * 15);
      const content = readFileSync(join(folder, "a"), "utf8");
      expect(content === "old" || /^([0-9])\1{99999}$/.test(content)).toBe(true);
    }
    removeStaleTemporaries(join(folder, "a"));
    expect(readdirSync(folder)).toEqual(["a"]);
  });
});

describe("createFileOnce()", () => {
  it("creates what is missing and touches nothing that is there", () => {
    const folder = tempDir();
    expect(createFileOnce(join(folder, "a"), utf8("first"))).toBe(true);
    expect(createFileOnce(join(folder, "a"), utf8("second"))).toBe(false);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("first");
    symlinkSync("nowhere", join(folder, "b"));
    expect(createFileOnce(join(folder, "b"), utf8("x"))).toBe(false);
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
    expect(readdirSync(folder).toSorted()).toEqual(["a", "b"]);
  });
});

describe("removeStaleTemporaries()", () => {
  it("removes only temporaries of that file", () => {
    const folder = tempDir({ a: "", ".a.0123.tmp": "", ".b.0123.tmp": "", "a.tmp": "", ".a.keep": "" });
    removeStaleTemporaries(join(folder, "a"));
    expect(readdirSync(folder).toSorted()).toEqual([".a.keep", ".b.0123.tmp", "a", "a.tmp"]);
  });
});

/** A child that writes without end until it is killed. */
function killedWriter(folder: string, afterMs: number): Promise<void> {
  const script = join(folder, "..", `writer-${process.pid}.mjs`);
  const module = fileURLToPath(new URL("../../core/atomic-write.ts", import.meta.url));
  writeFileSync(
    script,
    `import { writeFileAtomic } from ${JSON.stringify(module)};
     process.stdout.write("ready");
     for (let i = 0;; i++) writeFileAtomic(${
      JSON.stringify(join(folder, "a"))
    }, Buffer.from(String(i % 10).repeat(100000)));`,
  );
  chmodSync(script, 0o600);
  const deno = process.versions["deno"] !== undefined;
  const child = spawn(process.execPath, deno ? ["run", "-A", script] : [script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let started = false;
  child.stdout.once("data", () => {
    started = true;
    setTimeout(() => child.kill("SIGKILL"), afterMs);
  });
  child.once("close", () => (started ? resolve() : reject(new Error("the writer did not start"))));
  return promise;
}
