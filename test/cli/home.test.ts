import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openHome, peekHome } from "../../cli/home.ts";
import { tempDir } from "../support/temp-dir.ts";

const UNSAFE = expect.objectContaining({ code: "HOME_UNSAFE" });

describe("openHome()", () => {
  it("makes it, private, with its parents", () => {
    const home = join(tempDir(), "a/b/home");
    expect(openHome(home)).toBe(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it("closes one of our own that others could read", () => {
    const home = join(tempDir(), "home");
    mkdirSync(home);
    chmodSync(home, 0o755);
    openHome(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it("refuses one that others could change, a link and a file", () => {
    const base = tempDir();
    mkdirSync(join(base, "open"));
    chmodSync(join(base, "open"), 0o777);
    symlinkSync(join(base, "open"), join(base, "link"));
    writeFileSync(join(base, "file"), "");
    for (const name of ["open", "link", "file"]) expect(() => openHome(join(base, name))).toThrow(UNSAFE);
  });

  it("says which folder cannot be made", () => {
    const base = tempDir({ file: "" });
    expect(() => openHome(join(base, "file/home"))).toThrow(expect.objectContaining({ code: "WRITE_FAILED" }));
  });
});

describe("peekHome()", () => {
  it("makes nothing", () => {
    const home = join(tempDir(), "home");
    expect(peekHome(home)).toBe(home);
    expect(existsSync(home)).toBe(false);
  });
});
