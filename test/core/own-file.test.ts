import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CoreError } from "../../core/errors.ts";
import { checkOwnFolder, errorCode, readOwnFile, rootCode } from "../../core/own-file.ts";
import { text } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

const RULES = { maxBytes: 100, secret: true };

function file(name: string, content = "x", mode = 0o600): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

describe("readOwnFile()", () => {
  it.runIf(existsSync("/proc/self/environ"))("reads to the end what is longer than its size says", () => {
    // Files of /proc have no size; like this a file looks that grows while it is read.
    const read = readOwnFile("/proc/self/environ", { maxBytes: 1_048_576 });
    const expected = readFileSync("/proc/self/environ");
    expect(expected.length).toBeGreaterThan(1);
    expect(read.kind === "ok" ? Buffer.compare(read.bytes, expected) : read).toBe(0);
    expect(readOwnFile("/proc/self/environ", { maxBytes: expected.length - 1 }).kind).toBe("unsafe");
  });

  it("reads a regular file of ours", () => {
    const read = readOwnFile(file("a", "hello"), RULES);
    expect(read.kind === "ok" ? [text(read.bytes), read.mode] : read).toEqual(["hello", 0o600]);
  });

  it("knows a missing file", () => {
    expect(readOwnFile(join(tempDir(), "none"), RULES).kind).toBe("missing");
  });

  it("refuses what others may read when it is secret, and what they may change always", () => {
    expect(readOwnFile(file("a", "x", 0o640), RULES)).toMatchObject({
      kind: "unsafe",
      why: expect.stringContaining("640"),
    });
    expect(readOwnFile(file("a", "x", 0o644), { maxBytes: 9 }).kind).toBe("ok");
    expect(readOwnFile(file("a", "x", 0o620), { maxBytes: 9 }).kind).toBe("unsafe");
  });

  it("refuses a link, also one to a good file", () => {
    const target = file("target");
    const link = `${target}.link`;
    symlinkSync(target, link);
    expect(readOwnFile(link, RULES)).toMatchObject({ kind: "unsafe", why: "it is a symbolic link" });
    symlinkSync("nowhere", `${target}.dangling`);
    expect(readOwnFile(`${target}.dangling`, RULES).kind).toBe("unsafe");
  });

  it("refuses folders, devices and what is too large", () => {
    expect(readOwnFile(tempDir(), RULES).kind).toBe("unsafe");
    expect(readOwnFile("/dev/null", RULES).kind).toBe("unsafe");
    expect(readOwnFile(file("a", "x".repeat(101)), RULES)).toMatchObject({
      kind: "unsafe",
      why: expect.stringContaining("101"),
    });
    expect(readOwnFile(join(file("a"), "b"), RULES).kind).toBe("unsafe");
  });

  it("says how to mend it, with the exact command", () => {
    const path = file("a", "x", 0o644);
    expect(readOwnFile(path, RULES)).toMatchObject({ hint: `chmod go= "${path}"` });
  });

  it("reads a file with a second hard link: backups make them", () => {
    const path = file("a");
    linkSync(path, `${path}2`);
    expect(readOwnFile(path, RULES).kind).toBe("ok");
  });
});

describe("checkOwnFolder()", () => {
  it("tells good folders from open ones, files and links", () => {
    const base = tempDir();
    mkdirSync(join(base, "open"));
    chmodSync(join(base, "open"), 0o755);
    symlinkSync(base, join(base, "link"));
    writeFileSync(join(base, "file"), "");
    expect(checkOwnFolder(base, true).kind).toBe("ok");
    expect(checkOwnFolder(join(base, "open"), true).kind).toBe("unsafe");
    expect(checkOwnFolder(join(base, "open"), false).kind).toBe("ok");
    expect(checkOwnFolder(join(base, "link"), false).kind).toBe("unsafe");
    expect(checkOwnFolder(join(base, "file"), false).kind).toBe("unsafe");
    expect(checkOwnFolder(join(base, "none"), false).kind).toBe("missing");
    chmodSync(join(base, "open"), 0o777);
    expect(checkOwnFolder(join(base, "open"), false).kind).toBe("unsafe");
  });
});

describe("errorCode()", () => {
  it("reads any thrown thing", () => {
    expect([errorCode(Object.assign(new Error("x"), { code: "ENOENT" })), errorCode(null), errorCode("x")]).toEqual([
      "ENOENT",
      "unknown error",
      "unknown error",
    ]);
  });
});

describe("rootCode()", () => {
  it("reads the code of the system through whatever wrapped it", () => {
    const full = Object.assign(new Error("x"), { code: "ENOSPC" });
    const wrapped = new CoreError("FILE_WRITE", "x", { cause: full });
    expect([full, wrapped, new Error("y", { cause: wrapped }), new CoreError("FILE_WRITE", "x"), null].map(rootCode))
      .toEqual(["ENOSPC", "ENOSPC", "ENOSPC", "FILE_WRITE", "unknown error"]);
  });
});
