import { describe, expect, it } from "vitest";
import { policyLiterals } from "../../policy/literals.ts";
import { stateFor, untrusted } from "./rig.ts";

const RULES = `
  id: run, effect: allow, capability: shell_command, argv: [[npm, [test, ci]], [git, log, "..."], ["*", status], [make, "b*"]]
  id: ask, effect: requires_approval, capability: shell_command, argv: [[npm, publish]]
  id: file, effect: allow, capability: file_read, paths: ["\${project}/README.md", "\${project}/docs/**"]`;

function nothing(): boolean {
  return false;
}

function typed(word: string): boolean {
  return word === "svn" || word === "build" || word === "main";
}

describe("policyLiterals()", () => {
  const said = policyLiterals(stateFor(RULES).policy);

  it.each([
    [["npm", "test"], true],
    [["npm", "ci"], true],
    [["npm", "test", "--x"], false],
    [["npm", "publish"], false],
    [["git", "log"], true],
    [["/home/me/shop/README.md"], true],
    [["/home/me/shop/docs/a.md"], false],
    [["/home/me/shop/docs"], false],
    [[], false],
  ])("%j is %s", (words, expected) => expect(said(words, nothing)).toBe(expected));

  it("takes what a wildcard or ... stands for only when the person typed it", () => {
    expect(said(["svn", "status"], typed)).toBe(true);
    expect(said(["cvs", "status"], typed)).toBe(false);
    expect(said(["make", "build"], typed)).toBe(true);
    expect(said(["make", "bomb"], typed)).toBe(false);
    expect(said(["git", "log", "main"], typed)).toBe(true);
    expect(said(["git", "log", "--output=x"], typed)).toBe(false);
  });

  it("reads nothing out of an untrusted policy", () => {
    expect(policyLiterals(stateFor([untrusted(RULES)]).policy)(["npm", "test"], nothing)).toBe(false);
  });
});
