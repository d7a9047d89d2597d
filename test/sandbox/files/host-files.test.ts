import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { b2, type Outcome, type Permit } from "../../../core/mod.ts";
import { createHostFiles, type ReadLinesSpec, type ReadValue, specDigest } from "../../../sandbox/mod.ts";
import { codeOf, makeFifo, onStop, rig, valueOf } from "../rig.ts";

function readSpec(target: string, more: Partial<ReadLinesSpec> = {}): ReadLinesSpec {
  return { op: "read", target, offset: 1, limit: null, maxBytes: 65_536, ...more };
}

describe("createHostFiles() read", () => {
  it("gives the text, size and digest of a small file", async () => {
    const r = rig();
    const path = r.put("a.txt", "one\ntwo\nthree\n");
    const value = valueOf(await r.run(createHostFiles(r.deps), readSpec(path)));
    expect(value).toMatchObject({
      text: "one\ntwo\nthree\n",
      size: 14,
      lines: 3,
      totalLines: 3,
      truncated: false,
      binary: false,
    });
    expect(value).toMatchObject({ digest: b2("one\ntwo\nthree\n"), state: { kind: "file", nlink: 1 } });
  });

  it("gives the lines asked for and says that there is more", async () => {
    const r = rig();
    const path = r.put("a.txt", Array.from({ length: 50_000 }, (_, i) => `line ${i + 1}\n`).join(""));
    const files = createHostFiles(r.deps);
    const middle = valueOf(await r.run(files, readSpec(path, { offset: 40_000, limit: 2, maxBytes: 1000 })));
    expect(middle).toMatchObject({
      text: "line 40000\nline 40001\n",
      lines: 2,
      fromLine: 40_000,
      truncated: true,
      digest: null,
    });
    const last = valueOf(await r.run(files, readSpec(path, { offset: 50_000 })));
    expect(last).toMatchObject({ text: "line 50000\n", lines: 1, truncated: false, totalLines: 50_000 });
    const beyond = valueOf(await r.run(files, readSpec(path, { offset: 50_001 })));
    expect(beyond).toMatchObject({ text: "", lines: 0, totalLines: 50_000 });
  });

  it("cuts at the byte limit without splitting a character", async () => {
    const r = rig();
    const value = valueOf(await r.run(createHostFiles(r.deps), readSpec(r.put("a.txt", "naïve€"), { maxBytes: 8 })));
    expect(value).toMatchObject({ text: "naïve", truncated: true, lines: 1 });
  });

  it.each([
    ["NUL", new Uint8Array([104, 0, 105]), "application/octet-stream"],
    ["invalid UTF-8", new Uint8Array([104, 0xff, 105]), "application/octet-stream"],
    ["a PNG", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), "image/png"],
  ])("gives size, type and digest of %s, not the bytes", async (_, bytes, type) => {
    const r = rig();
    const value = valueOf(await r.run(createHostFiles(r.deps), readSpec(r.put("a.bin", bytes))));
    expect(value).toMatchObject({ binary: true, text: null, size: bytes.length, digest: b2(bytes), type });
  });

  it("reads an empty file and one without a last newline", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    expect(valueOf(await r.run(files, readSpec(r.put("e", ""))))).toMatchObject({
      text: "",
      lines: 0,
      totalLines: 0,
      truncated: false,
    });
    expect(valueOf(await r.run(files, readSpec(r.put("n", "a\nb"))))).toMatchObject({
      text: "a\nb",
      lines: 2,
      totalLines: 2,
    });
  });

  it("answers at once for a sparse file of 10 GB", async () => {
    const r = rig();
    const path = r.put("big", "");
    truncateSync(path, 10 * 1024 ** 3);
    const outcome = await r.run(createHostFiles(r.deps), readSpec(path));
    expect(valueOf(outcome)).toMatchObject({ binary: true, size: 10 * 1024 ** 3, digest: null });
    expect(outcome.ms).toBeLessThan(5000);
  });

  it("refuses to look for a line beyond what is scanned", async () => {
    const r = rig();
    const path = r.put("big", "x".repeat(70 * 1024 * 1024));
    expect(codeOf(await r.run(createHostFiles(r.deps), readSpec(path, { offset: 2 })))).toBe("LIMIT_SIZE");
  });

  it("refuses what is not a regular file, without hanging", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    mkdirSync(join(r.project, "folder"));
    makeFifo(join(r.project, "fifo"));
    symlinkSync(r.put("a.txt", "secret"), join(r.project, "link"));
    const server = createServer().listen(join(r.project, "socket"));
    onStop(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    for (const name of ["folder", "fifo", "link", "socket"]) {
      expect([name, codeOf(await r.run(files, readSpec(join(r.project, name))))]).toEqual([name, "NOT_REGULAR"]);
    }
    expect(codeOf(await r.run(files, readSpec("/dev/null")))).toBe("NOT_REGULAR");
    expect(codeOf(await r.run(files, readSpec("/")))).toBe("NOT_REGULAR");
  });

  it("refuses a path through a link, even one that was judged under its link name", async () => {
    const r = rig();
    mkdirSync(join(r.root, "outside"));
    writeFileSync(join(r.root, "outside/canary"), "canary");
    symlinkSync(join(r.root, "outside"), join(r.project, "link"));
    mkdirSync(join(r.root, "outside/deep"));
    writeFileSync(join(r.root, "outside/deep/canary"), "canary");
    const files = createHostFiles(r.deps);
    expect(codeOf(await r.run(files, readSpec(join(r.project, "link/canary"))))).toBe("PATH_CHANGED");
    expect(codeOf(await r.run(files, readSpec(join(r.project, "link/deep/canary"))))).toBe("PATH_CHANGED");
  });

  it.each([
    ["NUL", "/tmp/a\0b"],
    ["a relative path", "a.txt"],
    ["dots", "/tmp/../etc/passwd"],
    ["a trailing slash", "/etc/passwd/"],
    ["5,000 bytes", `/${"a/".repeat(2500)}b`],
    ["a long name", `/tmp/${"a".repeat(300)}`],
  ])("refuses a path with %s", async (_, path) => {
    const r = rig();
    const spec = readSpec(path);
    const files = createHostFiles(r.deps);
    expect(codeOf(await r.run(files, spec))).toBe("PATH_INVALID");
  });

  it("gives no digest, so no permit, to a path that is not Unicode", () => {
    expect(() => specDigest(readSpec("/tmp/\ud800"))).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });

  it("tells missing files from files below a file", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    const path = r.put("a.txt", "x");
    expect(codeOf(await r.run(files, readSpec(join(r.project, "nope"))))).toBe("NOT_FOUND");
    expect(codeOf(await r.run(files, readSpec(join(path, "below"))))).toBe("NOT_FOUND");
    expect(codeOf(await r.run(files, readSpec(join(r.project, "no/such/folder"))))).toBe("NOT_FOUND");
  });

  it("refuses another name of a file that policy denies", async () => {
    const r = rig();
    const secret = r.put(".env", "TOKEN=canary");
    linkSync(secret, join(r.project, "innocent.txt"));
    const files = createHostFiles(r.deps);
    const spec = readSpec(join(r.project, "innocent.txt"));
    expect(codeOf(await r.run(files, spec, { masked: () => [secret] }))).toBe("NOT_REGULAR");
    expect(codeOf(await r.run(files, { op: "state", target: spec.target, maxBytes: 100 }, { masked: () => [secret] })))
      .toBe("NOT_REGULAR");
    expect(codeOf(await r.run(files, spec, { masked: () => [] }))).toBe("ok");
  });

  it("refuses every permit that was not minted for this spec", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    const spec = readSpec(r.put("a.txt", "x"));
    const other = { ...spec, target: r.put("b.txt", "y") };
    function mint(): Permit {
      return r.permits.mint({ call: r.call(), intent: 1, digest: specDigest(spec), tier: "host-readonly" });
    }
    const used = mint();
    expect(codeOf(await files.run(used, spec, r.io()))).toBe("ok");
    const again = await files.run(used, spec, r.io());
    expect(again).toMatchObject({ ok: false, code: "PERMIT_INVALID", started: false });
    expect(codeOf(await files.run(mint(), other, r.io()))).toBe("PERMIT_INVALID");
    const wrongTier = r.permits.mint({ call: r.call(), intent: 1, digest: specDigest(spec), tier: "host-supervised" });
    expect(codeOf(await files.run(wrongTier, spec, r.io()))).toBe("PERMIT_INVALID");
    // @ts-expect-error a look-alike is no permit
    expect(codeOf(await files.run({}, spec, r.io()))).toBe("PERMIT_INVALID");
  });

  it("does nothing when it was cancelled before it began", async () => {
    const r = rig();
    const outcome = await r.run(createHostFiles(r.deps), readSpec(r.put("a", "x")), { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ ok: false, code: "CANCELLED", started: false });
  });

  it("also works where folders cannot be opened", async () => {
    const r = rig();
    const deps = { ...r.deps, facts: { ...r.deps.facts, platform: "darwin" } };
    const files = createHostFiles(deps);
    expect(valueOf(await r.run(files, readSpec(r.put("d/a.txt", "text"))))).toMatchObject({ text: "text" });
    symlinkSync(join(r.project, "d"), join(r.project, "link"));
    symlinkSync("a.txt", join(r.project, "d/b.txt"));
    expect(codeOf(await r.run(files, readSpec(join(r.project, "link/a.txt"))))).toBe("PATH_CHANGED");
    expect(codeOf(await r.run(files, readSpec(join(r.project, "d/b.txt"))))).toBe("NOT_REGULAR");
  });
});

describe("createHostFiles() state", () => {
  it("gives content and identity of a file", async () => {
    const r = rig();
    const value = valueOf(
      await r.run(createHostFiles(r.deps), { op: "state", target: r.put("a", "text"), maxBytes: 10 }),
    );
    expect(value).toMatchObject({ state: { exists: true, kind: "file", size: 4, digest: b2("text"), nlink: 1 } });
    expect(value.op === "state" && new TextDecoder().decode(value.state.bytes ?? new Uint8Array())).toBe("text");
  });

  it("gives no content of what is larger than asked for", async () => {
    const r = rig();
    const value = valueOf(
      await r.run(createHostFiles(r.deps), { op: "state", target: r.put("a", "text"), maxBytes: 3 }),
    );
    expect(value).toMatchObject({ state: { exists: true, size: 4, bytes: null, digest: null } });
  });

  it("says what stands there when it is not a file", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    symlinkSync("nowhere", join(r.project, "link"));
    function at(name: string): Promise<Outcome<ReadValue>> {
      return r.run(files, { op: "state", target: join(r.project, name), maxBytes: 10 });
    }
    expect(valueOf(await at("nope"))).toMatchObject({ state: { exists: false, kind: "missing" } });
    expect(valueOf(await at("no/folder/at/all"))).toMatchObject({ state: { exists: false, kind: "missing" } });
    expect(valueOf(await at("link"))).toMatchObject({
      state: { exists: true, kind: "symlink", digest: b2("nowhere") },
    });
    mkdirSync(join(r.project, "folder"));
    expect(valueOf(await at("folder"))).toMatchObject({ state: { exists: true, kind: "directory", bytes: null } });
  });
});

describe("createHostFiles() list", () => {
  it("lists folders before their entries, to the depth asked for", async () => {
    const r = rig();
    r.put("b.txt", "12");
    r.put("a/c.txt", "1");
    r.put("a/d/e.txt", "1");
    symlinkSync("a", join(r.project, "link"));
    const files = createHostFiles(r.deps);
    async function list(depth: number): Promise<ReadValue> {
      return valueOf(await r.run(files, { op: "list", target: r.project, depth, maxEntries: 100 }));
    }
    expect(await list(1)).toEqual({
      op: "list",
      omitted: 0,
      truncated: false,
      entries: [
        { path: "a", kind: "directory", size: null },
        { path: "b.txt", kind: "file", size: 2 },
        { path: "link", kind: "symlink", size: null },
      ],
    });
    expect(await list(2)).toMatchObject({
      entries: [{ path: "a" }, { path: "b.txt" }, { path: "link" }, { path: "a/c.txt" }, { path: "a/d" }],
    });
  });

  it("stops at the cap and says so", async () => {
    const r = rig();
    for (let i = 0; i < 20; i++) r.put(`f${i}`, "");
    const value = valueOf(
      await r.run(createHostFiles(r.deps), { op: "list", target: r.project, depth: 1, maxEntries: 10 }),
    );
    expect(value).toMatchObject({ truncated: true });
    expect(value.op === "list" && value.entries.length).toBe(10);
  });

  it("does not enter folders that are not admitted", async () => {
    const r = rig();
    r.put("open/a", "");
    r.put("closed/b", "");
    const spec = { op: "list", target: r.project, depth: 5, maxEntries: 10 } as const;
    const value = valueOf(await r.run(createHostFiles(r.deps), spec, { admit: (path) => !path.includes("closed") }));
    expect(value).toMatchObject({ omitted: 1, entries: [{ path: "closed" }, { path: "open" }, { path: "open/a" }] });
  });

  it("refuses to list a file, a missing folder, and counts out of bounds", async () => {
    const r = rig();
    const files = createHostFiles(r.deps);
    const spec = { op: "list", target: r.put("a", ""), depth: 1, maxEntries: 10 } as const;
    expect(codeOf(await r.run(files, spec))).toBe("NOT_FOUND");
    expect(codeOf(await r.run(files, { ...spec, target: join(r.project, "nope") }))).toBe("NOT_FOUND");
    expect(codeOf(await r.run(files, { ...spec, target: r.project, maxEntries: 1e9 }))).toBe("LIMIT_INVALID");
    expect(codeOf(await r.run(files, { ...spec, target: r.project, depth: 0 }))).toBe("LIMIT_INVALID");
  });
});
