import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProject, requireProject } from "../../cli/project-root.ts";
import { tempDir } from "../support/temp-dir.ts";

function place(): { readonly base: string; readonly userHome: string; readonly home: string } {
  const base = tempDir();
  mkdirSync(join(base, "me"));
  return { base, userHome: join(base, "me"), home: join(base, "me", ".agentzero") };
}

describe("findProject()", () => {
  it("takes the nearest folder at or above the start", () => {
    const { base, ...rest } = place();
    mkdirSync(join(base, "me/shop/.agentzero"), { recursive: true });
    mkdirSync(join(base, "me/shop/web/.agentzero"), { recursive: true });
    mkdirSync(join(base, "me/shop/web/src"), { recursive: true });
    expect(findProject({ cwd: join(base, "me/shop/web/src"), ...rest })).toBe(join(base, "me/shop/web"));
    expect(findProject({ cwd: join(base, "me/shop"), ...rest })).toBe(join(base, "me/shop"));
  });

  it("never takes the home folder or one above it", () => {
    const { base, ...rest } = place();
    mkdirSync(join(base, "me/.agentzero"), { recursive: true });
    mkdirSync(join(base, ".agentzero"));
    mkdirSync(join(base, "me/work"));
    for (const cwd of [join(base, "me/work"), join(base, "me"), base]) expect(findProject({ cwd, ...rest })).toBeNull();
  });

  it("does not take the folder of keys and grants for a project", () => {
    const { base, userHome } = place();
    mkdirSync(join(base, "ci/.agentzero"), { recursive: true });
    mkdirSync(join(base, "ci/clone"));
    expect(findProject({ cwd: join(base, "ci/clone"), userHome, home: join(base, "ci/.agentzero") })).toBeNull();
  });

  it("refuses a link, a file, and a folder that everybody may change", () => {
    const { base, ...rest } = place();
    for (const name of ["link", "file", "open"]) mkdirSync(join(base, name));
    mkdirSync(join(base, "elsewhere"));
    symlinkSync(join(base, "elsewhere"), join(base, "link/.agentzero"));
    symlinkSync("/dev/null", join(base, "file/.agentzero"));
    mkdirSync(join(base, "open/.agentzero"));
    chmodSync(join(base, "open/.agentzero"), 0o777);
    for (const name of ["link", "file", "open"]) {
      expect(() => findProject({ cwd: join(base, name), ...rest })).toThrow(
        expect.objectContaining({ code: "PROJECT_UNSAFE" }),
      );
    }
  });
});

describe("requireProject()", () => {
  it("says what to do when there is none", () => {
    const { base, ...rest } = place();
    expect(() => requireProject({ cwd: base, ...rest })).toThrow(
      expect.objectContaining({ code: "NO_PROJECT", hint: expect.stringContaining("agentzero init") }),
    );
  });
});
