import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { b2 } from "../../../core/mod.ts";
import { createHostFiles, createHostWriter, type FileStamp, type WriteSpec } from "../../../sandbox/mod.ts";
import { codeOf, type Rig, rig, valueOf } from "../rig.ts";

function writeSpec(target: string, text: string, more: Partial<WriteSpec> = {}): WriteSpec {
  return { op: "write", target, content: new TextEncoder().encode(text), expect: null, createParents: false, ...more };
}

async function stateOf(r: Rig, target: string): Promise<FileStamp> {
  const value = valueOf(await r.run(createHostFiles(r.deps), { op: "state", target, maxBytes: 1_000_000 }));
  if (value.op !== "state") throw new Error("not a state");
  const { bytes: _bytes, exists: _exists, ...stamp } = value.state;
  return stamp;
}

describe("createHostWriter()", () => {
  it("creates a file and leaves nothing else behind", async () => {
    const r = rig();
    const target = join(r.project, "a.txt");
    const value = valueOf(await r.run(createHostWriter(r.deps), writeSpec(target, "text")));
    expect(value).toMatchObject({
      created: true,
      before: null,
      after: b2("text"),
      state: { kind: "file", size: 4, nlink: 1 },
    });
    expect(readFileSync(target, "utf8")).toBe("text");
    expect(readdirSync(r.project)).toEqual(["a.txt"]);
    expect(await stateOf(r, target)).toEqual(value.state);
  });

  it("replaces a file, keeps its mode and drops set-id bits", async () => {
    const r = rig();
    const target = r.put("run.sh", "old");
    chmodSync(target, 0o4751);
    const seen = await stateOf(r, target);
    const value = valueOf(await r.run(createHostWriter(r.deps), writeSpec(target, "new", { expect: seen })));
    expect(value).toMatchObject({ created: false, before: b2("old"), after: b2("new") });
    expect(statSync(target).mode & 0o7777).toBe(0o751);
    expect(readFileSync(target, "utf8")).toBe("new");
  });

  it("makes missing parents only when asked to", async () => {
    const r = rig();
    const writer = createHostWriter(r.deps);
    const target = join(r.project, "a/b/c.txt");
    expect(codeOf(await r.run(writer, writeSpec(target, "x")))).toBe("NOT_FOUND");
    expect(existsSync(join(r.project, "a"))).toBe(false);
    expect(codeOf(await r.run(writer, writeSpec(target, "x", { createParents: true })))).toBe("ok");
    expect(readFileSync(target, "utf8")).toBe("x");
  });

  it("leaves a file alone that is not the one the approval saw", async () => {
    const r = rig();
    const writer = createHostWriter(r.deps);
    const target = r.put("a.txt", "seen");
    const seen = await stateOf(r, target);
    writeFileSync(target, "else");
    expect(codeOf(await r.run(writer, writeSpec(target, "new", { expect: seen })))).toBe("PATH_CHANGED");
    expect(codeOf(await r.run(writer, writeSpec(target, "new")))).toBe("PATH_CHANGED");
    expect(readFileSync(target, "utf8")).toBe("else");
    expect(codeOf(await r.run(writer, writeSpec(join(r.project, "gone"), "new", { expect: seen })))).toBe(
      "PATH_CHANGED",
    );
    expect(readdirSync(r.project)).toEqual(["a.txt"]);
  });

  it("refuses links, folders and devices", async () => {
    const r = rig();
    const writer = createHostWriter(r.deps);
    const outside = join(r.root, "outside");
    writeFileSync(outside, "safe");
    symlinkSync(outside, join(r.project, "link"));
    mkdirSync(join(r.project, "folder"));
    for (const name of ["link", "folder"]) {
      expect([name, codeOf(await r.run(writer, writeSpec(join(r.project, name), "x")))]).toEqual([name, "NOT_REGULAR"]);
    }
    expect(codeOf(await r.run(writer, writeSpec("/dev/null", "x")))).toBe("NOT_REGULAR");
    expect(readFileSync(outside, "utf8")).toBe("safe");
  });

  it("never writes through a hard link", async () => {
    const r = rig();
    const outside = join(r.root, "outside");
    writeFileSync(outside, "safe");
    const target = join(r.project, "a");
    linkSync(outside, target);
    expect(
      codeOf(await r.run(createHostWriter(r.deps), writeSpec(target, "new", { expect: await stateOf(r, target) }))),
    ).toBe("ok");
    expect([readFileSync(outside, "utf8"), readFileSync(target, "utf8")]).toEqual(["safe", "new"]);
  });

  it("refuses a folder that became a link", async () => {
    const r = rig();
    mkdirSync(join(r.root, "outside"));
    symlinkSync(join(r.root, "outside"), join(r.project, "src"));
    const writer = createHostWriter(r.deps);
    for (const createParents of [true, false]) {
      expect(codeOf(await r.run(writer, writeSpec(join(r.project, "src/a"), "x", { createParents })))).toBe(
        "PATH_CHANGED",
      );
      expect(codeOf(await r.run(writer, writeSpec(join(r.project, "src/new/a"), "x", { createParents })))).not.toBe(
        "ok",
      );
    }
    expect(readdirSync(join(r.root, "outside"))).toEqual([]);
  });

  it("refuses a file below a file", async () => {
    const r = rig();
    const target = join(r.put("a.txt", "x"), "below/b");
    expect(codeOf(await r.run(createHostWriter(r.deps), writeSpec(target, "x", { createParents: true })))).toBe(
      "NOT_FOUND",
    );
    expect(lstatSync(join(r.project, "a.txt")).isFile()).toBe(true);
  });

  it("writes an empty file over an empty file, and 1 MiB of bytes exactly", async () => {
    const r = rig();
    const writer = createHostWriter(r.deps);
    const empty = r.put("empty", "");
    expect(codeOf(await r.run(writer, writeSpec(empty, "", { expect: await stateOf(r, empty) })))).toBe("ok");
    const content = crypto.getRandomValues(new Uint8Array(65_536));
    const target = join(r.project, "bytes");
    expect(codeOf(await r.run(writer, { ...writeSpec(target, ""), content }))).toBe("ok");
    expect(new Uint8Array(readFileSync(target))).toEqual(content);
  });

  it("also works where folders cannot be opened", async () => {
    const r = rig();
    const writer = createHostWriter({ ...r.deps, facts: { ...r.deps.facts, platform: "darwin" } });
    const target = join(r.project, "a/b.txt");
    expect(codeOf(await r.run(writer, writeSpec(target, "one", { createParents: true })))).toBe("ok");
    expect(codeOf(await r.run(writer, writeSpec(target, "two", { expect: await stateOf(r, target) })))).toBe("ok");
    expect(readFileSync(target, "utf8")).toBe("two");
  });
});
