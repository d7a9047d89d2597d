import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIgnoreRules } from "../../session/ignored.ts";

let project = "";
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "az-ignored-"));
});
afterEach(() => rmSync(project, { recursive: true }));

describe("createIgnoreRules()", () => {
  it("follows nested files, the nearest one first", () => {
    mkdirSync(join(project, "app"));
    writeFileSync(join(project, ".gitignore"), "*.log\nbuild/\n");
    writeFileSync(join(project, "app", ".gitignore"), "!keep.log\n");
    const rules = createIgnoreRules(project);
    expect(rules.ignores("a.log")).toBe(true);
    expect(rules.ignores("app/other.log")).toBe(true);
    expect(rules.ignores("app/keep.log")).toBe(false);
    expect(rules.ignores("build/x/y.js")).toBe(true);
    expect(rules.ignores("src/a.ts")).toBe(false);
  });

  it("ignores nothing without files, for the root and outside", () => {
    const rules = createIgnoreRules(project);
    for (const path of ["a", "", "../x"]) expect(rules.ignores(path)).toBe(false);
  });
});
