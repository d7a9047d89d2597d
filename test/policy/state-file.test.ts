import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSodium } from "../../core/mod.ts";
import { openJson, sealJson } from "../../policy/mac.ts";
import { NO_FILE, readSmallFile, readStateText, stampOf, withLock, writeStateText } from "../../policy/state-file.ts";
import { handClock } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

await loadSodium();
const KEYS = { derive: (label: string): Uint8Array => createHash("sha256").update(label).digest() };
const USE = { label: "az/trust/v1", kind: "grants" } as const;

function nothing(): void {}

function stop(): never {
  throw new Error("the lock was lost");
}

describe("openJson()", () => {
  const sealed = sealJson(KEYS, USE, { v: 1, grants: [{ id: "a" }] });

  it("gives back what was sealed", () => {
    expect(openJson(KEYS, USE, sealed)).toEqual({ v: 1, grants: [{ id: "a" }] });
  });

  it("gives nothing for a changed byte, another key, label or kind, or no seal at all", () => {
    for (let at = 0; at < sealed.length; at++) {
      const letter = sealed[at] === "0" ? "1" : "0";
      expect(openJson(KEYS, USE, `${sealed.slice(0, at)}${letter}${sealed.slice(at + 1)}`)).toBeNull();
    }
    for (
      const text of ["", "{}", sealed.trimEnd(), `${sealed}\n`, ` ${sealed}`, sealed.slice(1), sealed.slice(0, -2)]
    ) {
      expect(openJson(KEYS, USE, text)).toBeNull();
    }
    expect(openJson({ derive: () => new Uint8Array(32) }, USE, sealed)).toBeNull();
    expect(openJson(KEYS, { ...USE, label: "az/policy/v1" }, sealed)).toBeNull();
    expect(openJson(KEYS, { ...USE, kind: "packages" }, sealed)).toBeNull();
  });
});

describe("writeStateText()", () => {
  it("says what the disk said", () => {
    const folder = tempDir();
    const path = join(folder, "state.json");
    mkdirSync(join(path, "in-the-way"), { recursive: true });
    expect(() => writeStateText(path, "{}", nothing)).toThrow(
      expect.objectContaining({ code: "STATE_WRITE", message: expect.stringMatching(/: E[A-Z]+$/) }),
    );
    expect(readdirSync(folder)).toEqual(["state.json"]);
  });

  it("makes missing folders and a private file, and replaces it as a whole", () => {
    const path = join(tempDir(), "a/b/state.json");
    writeStateText(path, "one", nothing);
    writeStateText(path, "two", nothing);
    expect(readStateText(path)).toEqual({ text: "two", unsafe: false });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, ".."))).toEqual(["state.json"]);
  });

  it("leaves the old file when the last check fails or the disk refuses", () => {
    const path = join(tempDir(), "state.json");
    writeStateText(path, "old", nothing);
    expect(() => writeStateText(path, "new", stop)).toThrow(expect.objectContaining({ code: "STATE_WRITE" }));
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(() => writeStateText(join(path, "below/a/file"), "new", nothing)).toThrow(
      expect.objectContaining({ code: "STATE_WRITE", hint: expect.any(String) }),
    );
  });
});

describe("readStateText()", () => {
  it("tells a missing file from one that is a link or open to others", () => {
    const folder = tempDir({ "real.json": "{}" });
    expect(readStateText(join(folder, "none.json"))).toEqual({ text: null, unsafe: false });
    chmodSync(join(folder, "real.json"), 0o600);
    symlinkSync(join(folder, "real.json"), join(folder, "link.json"));
    expect(readStateText(join(folder, "link.json"))).toEqual({ text: null, unsafe: true });
    chmodSync(join(folder, "real.json"), 0o640);
    expect(readStateText(join(folder, "real.json"))).toEqual({ text: null, unsafe: true });
  });
});

describe("readSmallFile()", () => {
  it("reads regular files up to their bound, and nothing else", () => {
    const folder = tempDir({ "a.yml": "12345" });
    const path = join(folder, "a.yml");
    const rules = { maxBytes: 5, owned: false };
    expect(readSmallFile(path, rules)).toMatchObject({ kind: "read" });
    expect(readSmallFile(path, { ...rules, maxBytes: 4 })).toMatchObject({ kind: "unsafe", code: "POLICY_LIMIT" });
    expect(readSmallFile(join(folder, "none"), rules)).toEqual({ kind: "missing" });
    expect(readSmallFile(join(path, "below"), rules)).toEqual({ kind: "missing" });
    expect(readSmallFile(folder, rules)).toMatchObject({ kind: "unsafe", code: "POLICY_PERM" });
    symlinkSync(path, join(folder, "link"));
    expect(readSmallFile(join(folder, "link"), rules)).toMatchObject({ kind: "unsafe", code: "POLICY_PERM" });
  });
});

describe("stampOf()", () => {
  it("changes with content, mode and kind, and looks at links themselves", () => {
    const folder = tempDir({ "a": "1", "b": "1" });
    const path = join(folder, "a");
    const first = stampOf(path);
    expect(stampOf(path)).toBe(first);
    // Another size: within one tick of the clock a stat can tell no more.
    writeFileSync(path, "22");
    const second = stampOf(path);
    chmodSync(path, 0o700);
    expect(new Set([first, second, stampOf(path), stampOf(join(folder, "b")), NO_FILE]).size).toBe(5);
    expect(stampOf(join(folder, "none"))).toBe(NO_FILE);
    symlinkSync(path, join(folder, "link"));
    expect(stampOf(join(folder, "link"))).not.toBe(stampOf(path));
  });
});

describe("withLock()", () => {
  it("lets one change happen at a time and gives the lock back, also after a failure", () => {
    const path = join(tempDir(), "sub/state.json");
    const clock = handClock(Date.now());
    expect(withLock(path, clock, (lock) => {
      lock.check();
      return readdirSync(join(path, ".."));
    })).toEqual(["state.json.lock"]);
    expect(() =>
      withLock(path, clock, () => {
        throw new Error("failed");
      })
    ).toThrow("failed");
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("takes over a lock that was left behind", () => {
    const folder = tempDir();
    const path = join(folder, "state.json");
    const clock = handClock(Date.now());
    writeFileSync(`${path}.lock`, JSON.stringify({ v: "azlock/1", pid: 1, ts: clock.now() - 31_000, token: "x" }), {
      mode: 0o600,
    });
    expect(withLock(path, clock, () => "done")).toBe("done");
  });

  it("says so when the folder cannot be made", () => {
    const folder = tempDir({ "file": "" });
    expect(() => withLock(join(folder, "file/state.json"), handClock(), nothing)).toThrow(
      expect.objectContaining({ code: "STATE_WRITE" }),
    );
    mkdirSync(join(folder, "other"));
  });
});
