import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePathGlob, matchPath } from "../../policy/path-glob.ts";
import { checkPathGlob, foldPath, foldRoots, type PathRoots } from "../../policy/path-syntax.ts";
import { ROOTS, scaled, SEED } from "./rig.ts";

function match(glob: string, path: string, roots: PathRoots = ROOTS): boolean {
  return matchPath(compilePathGlob(glob, roots), foldPath(path, roots.fold));
}

describe("matchPath()", () => {
  it.each([
    // Dotfiles match like any name: a deny on a folder has no holes.
    ["${project}/src/**", "/home/me/shop/src/.env", true],
    ["${project}/src/*", "/home/me/shop/src/.env", true],
    ["**/*", "/a/.b/.c", true],
    // `dir/**` includes `dir`, and nothing that merely starts like it.
    ["${project}/**", "/home/me/shop", true],
    ["${project}/**", "/home/me/shop2/a", false],
    ["**/.ssh/**", "/home/me/.ssh", true],
    ["**/.ssh/**", "/.ssh/id", true],
    ["**/.ssh/**", "/home/me/x.ssh/id", false],
    ["**", "/", true],
    ["/**", "/anything", true],
    ["/", "/", true],
    ["/", "/a", false],
    // `*` stays in its segment, `**` crosses none or many.
    ["/a/*/c", "/a/b/c", true],
    ["/a/*/c", "/a/b/d/c", false],
    ["/a/**/c", "/a/c", true],
    ["/a/**/c", "/a/b/d/c", true],
    ["/a/**/c", "/a/b/cc", false],
    ["/a/b/**/b/c", "/a/b/c", false],
    ["/a/b/**/b/c", "/a/b/b/c", true],
    ["**/*.pem", "/a/.pem", true],
    ["**/*.pem", "/pem", false],
    ["**/id_*sa", "/home/me/id_rsa", true],
    ["**/.*.sw?", "/a/.x.swp", true],
    ["**/.config/gcloud/**", "/home/me/.config/gcloud/db/x", true],
    ["**/a*/**/b?/**", "/x/ay/z/bq/r", true],
    ["**/a*/**/b?/**", "/x/ay/z/b/r", false],
    // `?` is one character, also one that takes two code units.
    ["/a/?", "/a/ü", true],
    ["/a/?", "/a/\u{1F600}", true],
    ["/a/??", "/a/x", false],
    ["${home}/.npmrc", "/home/me/.npmrc", true],
    ["${tmp}/**", "/tmp/x", true],
    ["${project}", "/home/me/shop", true],
  ])("%s on %s is %s", (glob, path, expected) => expect(match(glob, path)).toBe(expected));

  it("takes a project whose own name looks like a glob literally", () => {
    const roots = { ...ROOTS, project: "/home/me/[a]*?{x}" };
    expect(match("${project}/src/**", "/home/me/[a]*?{x}/src/a", roots)).toBe(true);
    expect(match("${project}/src/**", "/home/me/abcd{x}/src/a", roots)).toBe(false);
  });

  it("matches nothing below a root that does not exist here", () => {
    expect(match("${project}/**", "/home/me/shop/a", { ...ROOTS, project: null })).toBe(false);
    expect(match("${skill_data}/**", "/home/me/shop/a")).toBe(false);
  });

  it("ignores case where the disk does, on both sides", () => {
    const roots = foldRoots({ ...ROOTS, project: "/Users/Me/Shop", fold: true });
    expect(match("**/.env", "/users/me/shop/.ENV", roots)).toBe(true);
    expect(match("${project}/SRC/**", "/Users/Me/SHOP/src/a", roots)).toBe(true);
    expect(match("**/.env", "/home/me/.ENV")).toBe(false);
  });

  it("compares composed and decomposed letters as equal", () => {
    const roots = foldRoots({ ...ROOTS, project: "/home/me/Bu\u0308cher" });
    expect(match("${project}/**", "/home/me/B\u00fccher/x", roots)).toBe(true);
  });

  it("reads Windows paths with either separator", () => {
    const roots = foldRoots({ ...ROOTS, project: "C:\\Users\\me\\shop", fold: true });
    expect(match("${project}/src/**", "c:\\users\\me\\shop\\src\\a.ts", roots)).toBe(true);
    expect(match("**/.env", "C:\\x\\.env", roots)).toBe(true);
  });

  it("takes linear time for what hangs an expression", () => {
    const glob = compilePathGlob(`/${"*a".repeat(400)}*b`, ROOTS);
    const deep = compilePathGlob(`/${"**/a*/".repeat(200)}b`, ROOTS);
    const start = performance.now();
    expect(matchPath(glob, `/${"a".repeat(4_000)}`)).toBe(false);
    expect(matchPath(deep, `/${"a/".repeat(2_000)}a`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it("agrees with a plain backtracking matcher", () => {
    const segment = fc.constantFrom("a", "b", "ab", ".a", "*", "a*", "*b", "?", "a?b", "**");
    const name = fc.constantFrom("a", "b", "ab", ".a", "abb", "axb", "...");
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 6 }),
        fc.array(name, { maxLength: 6 }),
        (globs, names) => {
          const glob = `/${globs.join("/")}`;
          const path = `/${names.join("/")}`;
          expect(match(glob, path)).toBe(slowly(globs, names));
        },
      ),
      { seed: SEED, numRuns: scaled(3_000) },
    );
  });
});

/** The meaning of a glob, written down without any thought of speed. */
function slowly(globs: readonly string[], names: readonly string[]): boolean {
  const [glob, ...restGlobs] = globs;
  const [name, ...restNames] = names;
  if (glob === undefined) return name === undefined;
  if (glob === "**") return slowly(restGlobs, names) || (name !== undefined && slowly(globs, restNames));
  return name !== undefined && slowName(Array.from(glob), Array.from(name)) && slowly(restGlobs, restNames);
}

function slowName(glob: readonly string[], name: readonly string[]): boolean {
  const [want, ...restGlob] = glob;
  const [seen, ...restName] = name;
  if (want === undefined) return seen === undefined;
  if (want === "*") return slowName(restGlob, name) || (seen !== undefined && slowName(glob, restName));
  return seen !== undefined && (want === "?" || want === seen) && slowName(restGlob, restName);
}

describe("checkPathGlob()", () => {
  it.each([
    ["src/**", "POLICY_GLOB"],
    ["~/x", "POLICY_GLOB"],
    ["./x", "POLICY_GLOB"],
    ["", "POLICY_GLOB"],
    ["/a/../b", "POLICY_GLOB"],
    ["/a//b", "POLICY_GLOB"],
    ["/a/", "POLICY_GLOB"],
    ["/a/b**", "POLICY_GLOB"],
    ["/a/***", "POLICY_GLOB"],
    ["/{a,b}", "POLICY_GLOB"],
    ["/[ab]", "POLICY_GLOB"],
    ["/!(a)", "POLICY_GLOB"],
    ["/a|b", "POLICY_GLOB"],
    ["/a\\*", "POLICY_GLOB"],
    ["/a/${project}/b", "POLICY_GLOB"],
    ["${nowhere}/a", "POLICY_REF"],
    ["${project}x/a", "POLICY_REF"],
    ["$project/a", "POLICY_REF"],
    ["${}/a", "POLICY_REF"],
  ])("refuses %s with %s", (glob, code) => {
    expect(() => checkPathGlob(glob)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));
  });
});
