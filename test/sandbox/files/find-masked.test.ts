import { linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findMasked } from "../../../sandbox/mod.ts";
import { makeFifo, onStop, rig } from "../rig.ts";

function denyEnv(path: string): string | null {
  return basename(path).startsWith(".env") || path.endsWith("/private") ? "no-env" : null;
}

function denyKeys(path: string, kind: string): string | null {
  return kind === "file" && path.endsWith(".key") ? "keys" : null;
}

describe("findMasked()", () => {
  it("finds denied files and folders, and does not enter the folders", () => {
    const r = rig();
    const asked: string[] = [];
    for (const path of [".env", "src/a.ts", "src/.env.local", "private/key", "deep/er/.env"]) r.put(path, "x");
    const found = findMasked(r.project, (path) => {
      asked.push(path);
      return denyEnv(path);
    });
    expect(found.problem).toBeNull();
    expect(found.files.toSorted()).toEqual(
      [".env", "deep/er/.env", "src/.env.local"].map((path) => join(r.project, path)),
    );
    expect(found.dirs).toEqual([join(r.project, "private")]);
    expect(asked).not.toContain(join(r.project, "private/key"));
  });

  it("covers sockets and FIFOs whatever policy says", async () => {
    const r = rig();
    makeFifo(join(r.project, "fifo"));
    const server = createServer().listen(join(r.project, "socket"));
    onStop(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    expect(findMasked(r.project, () => null).files.toSorted()).toEqual([
      join(r.project, "fifo"),
      join(r.project, "socket"),
    ]);
  });

  it("does not follow links, and finds the other names of a denied file", () => {
    const r = rig();
    mkdirSync(join(r.root, "outside"));
    writeFileSync(join(r.root, "outside/.env"), "x");
    symlinkSync(join(r.root, "outside"), join(r.project, "link"));
    const secret = r.put("a/.env", "x");
    r.put("b/c", "");
    linkSync(secret, join(r.project, "b/innocent"));
    expect(findMasked(r.project, denyEnv).files.toSorted()).toEqual([secret, join(r.project, "b/innocent")]);
  });

  it("refuses more masks than a sandbox can have, and names the rule", () => {
    const r = rig();
    for (let i = 0; i < 12; i++) r.put(`d${i}/.env`, "x");
    const found = findMasked(r.project, denyEnv, { maxMasks: 10 });
    expect(found).toMatchObject({ files: [], problem: { code: "LIMIT_SIZE" } });
    expect(found.problem?.hint).toContain('"no-env"');
  });

  it("refuses a project that is too large to be looked through", () => {
    const r = rig();
    for (let i = 0; i < 30; i++) r.put(`f${i}`, "");
    expect(findMasked(r.project, denyEnv, { maxEntries: 20 }).problem?.code).toBe("LIMIT_SIZE");
  });

  it("remembers folders that did not change, and sees those that did", () => {
    const r = rig();
    r.put("old/a", "");
    r.put("new/a", "");
    const past = new Date(Date.now() - 60_000);
    for (const path of ["old", "new", "."]) utimesSync(join(r.project, path), past, past);
    let asked = 0;
    function deny(path: string): string | null {
      asked++;
      return denyEnv(path);
    }
    // Change times cannot be set: look as if it were a minute later.
    const now = Date.now() + 60_000;
    findMasked(r.project, deny, { now });
    const first = asked;
    findMasked(r.project, deny, { now });
    expect([first, asked]).toEqual([4, 4]);
    r.put("new/.env", "x");
    expect(findMasked(r.project, deny, { now: Date.now() }).files).toEqual([join(r.project, "new/.env")]);
    rmSync(join(r.project, "new/.env"));
    expect(findMasked(r.project, deny, { now: Date.now() }).files).toEqual([]);
  });

  it("does not remember folders that changed a moment ago", () => {
    const r = rig();
    const now = Date.now();
    r.put("a/b", "");
    let asked = 0;
    function deny(): null {
      asked++;
      return null;
    }
    findMasked(r.project, deny, { now });
    findMasked(r.project, deny, { now });
    expect(asked).toBe(4);
  });

  it("covers folders as a whole where single files would be too many, and only those with nothing else in them", () => {
    const r = rig();
    for (let at = 0; at < 12; at++) r.put(`closed/sub${at % 3}/${at}.key`, "x");
    for (const path of ["mixed/a.key", "mixed/b.txt", "links/a.key", "hollow/a.key"]) r.put(path, "x");
    symlinkSync("a.key", join(r.project, "links/link"));
    mkdirSync(join(r.project, "hollow/empty"));
    const few = findMasked(r.project, denyKeys, { maxMasks: 6 });
    expect([few.dirs, few.files.toSorted()]).toEqual([
      [join(r.project, "closed")],
      ["hollow/a.key", "links/a.key", "mixed/a.key"].map((path) => join(r.project, path)),
    ]);
    expect(findMasked(r.project, denyKeys, { maxMasks: 20 })).toMatchObject({ dirs: [], problem: null });
    expect(findMasked(r.project, denyKeys, { maxMasks: 3 }).problem).toMatchObject({ code: "LIMIT_SIZE" });
  });
});
