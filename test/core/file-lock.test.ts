import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LOCK_STALE_MS, takeFileLock } from "../../core/file-lock.ts";
import { codeOf, handClock } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("takeFileLock()", () => {
  it("is held by one at a time", () => {
    const path = join(tempDir(), "lock");
    const clock = handClock();
    const lock = takeFileLock(path, clock);
    expect(codeOf(() => takeFileLock(path, clock, 0))).toBe("VAULT_BUSY");
    lock.check();
    lock.release();
    lock.release();
    expect(existsSync(path)).toBe(false);
    takeFileLock(path, clock, 0).release();
  });

  it("is taken over after 30 seconds, and the old holder notices before it writes", () => {
    const path = join(tempDir(), "lock");
    const clock = handClock();
    const old = takeFileLock(path, clock);
    clock.advance(LOCK_STALE_MS + 1);
    const fresh = takeFileLock(path, clock, 0);
    expect(codeOf(() => old.check())).toBe("VAULT_BUSY");
    old.release();
    fresh.check();
  });

  it("is taken over at once when its process is gone", () => {
    const path = join(tempDir(), "lock");
    const clock = handClock();
    // No process has the largest number that a pid can have.
    writeFileSync(path, JSON.stringify({ v: "azlock/1", pid: 2 ** 22 + 1, ts: clock.now(), token: "x" }));
    const lock = takeFileLock(path, clock, 0);
    lock.check();
    expect(readFileSync(path, "utf8")).not.toContain('"x"');
  });

  it("waits out a file that is no lock of ours until it is old", () => {
    const path = join(tempDir(), "lock");
    writeFileSync(path, "half wri");
    expect(codeOf(() => takeFileLock(path, { now: () => Date.now(), mono: () => 0 }, 0))).toBe("VAULT_BUSY");
    takeFileLock(path, { now: () => Date.now() + LOCK_STALE_MS + 1000, mono: () => 0 }, 0);
    expect(readFileSync(path, "utf8")).toContain("azlock/1");
  });

  it("says when it cannot be made at all", () => {
    expect(codeOf(() => takeFileLock(join(tempDir(), "none", "lock"), handClock(), 0))).toBe("FILE_WRITE");
  });
});
