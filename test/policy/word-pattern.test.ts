import { describe, expect, it } from "vitest";
import type { WordPattern } from "../../policy/matchers.ts";
import { compileWords, hasOption, matchWords } from "../../policy/word-pattern.ts";

function pattern(...words: readonly (string | readonly string[])[]): WordPattern {
  const rest = words.at(-1) === "...";
  const own = rest ? words.slice(0, -1) : words;
  return { words: own.map((word) => typeof word === "string" ? [word] : word), rest };
}

function match(words: WordPattern, line: string, options: readonly string[] | null = []): boolean {
  return matchWords(compileWords(words), line.split(" "), { options, pathForms: false });
}

function denied(words: WordPattern, line: string): boolean {
  return matchWords(compileWords(words), line.split(" "), { options: null, pathForms: true });
}

describe("matchWords()", () => {
  it("wants exactly its words", () => {
    expect(match(pattern("npm", "test"), "npm test")).toBe(true);
    expect(match(pattern("npm", "test"), "npm")).toBe(false);
    expect(match(pattern("npm", "test"), "npm test --x")).toBe(false);
    expect(match(pattern("npm", ["test", "ci"]), "npm ci")).toBe(true);
    expect(match(pattern("npm", ["test", "ci"]), "npm publish")).toBe(false);
  });

  it("takes further words behind a last ..., but in a grant no option that is not listed", () => {
    expect(match(pattern("git", "log", "..."), "git log main")).toBe(true);
    expect(match(pattern("git", "log", "..."), "git log")).toBe(true);
    expect(match(pattern("git", "log", "..."), "git log --output=f")).toBe(false);
    expect(match(pattern("git", "log", "..."), "git log --oneline", ["--oneline"])).toBe(true);
    expect(match(pattern("git", "log", "..."), "git log --oneline -n3", ["--oneline"])).toBe(false);
    expect(match(pattern("git", "log", "..."), "git log --format=%h", ["--format=*"])).toBe(true);
    expect(match(pattern("git", "log", "..."), "git log -- --output=f")).toBe(true);
    expect(match(pattern("git", "log", "..."), "git log --output=f", null)).toBe(true);
  });

  it("does not let a wildcard swallow an option", () => {
    expect(match(pattern("rm", "*"), "rm a")).toBe(true);
    expect(match(pattern("rm", "*"), "rm -rf")).toBe(false);
    expect(match(pattern("rm", "?*"), "rm -rf")).toBe(false);
    expect(match(pattern("rm", "-*"), "rm -rf")).toBe(true);
    expect(match(pattern("ls", "src/*"), "ls src/a")).toBe(true);
  });

  it("finds a denied program in its path forms only where that restricts", () => {
    for (const line of ["/bin/rm x", "./rm x", "../../bin/rm x"]) {
      expect(denied(pattern("rm", "..."), line)).toBe(true);
      expect(match(pattern("rm", "..."), line, null)).toBe(false);
    }
    expect(denied(pattern("/bin/rm", "..."), "/usr/bin/rm x")).toBe(false);
  });
});

describe("hasOption()", () => {
  it("looks at every word but the program, also behind --", () => {
    expect(hasOption(["--force*"], ["git", "push", "--force-with-lease"])).toBe(true);
    expect(hasOption(["--force"], ["npm", "run", "x", "--", "--force"])).toBe(true);
    expect(hasOption(["--force"], ["--force", "x"])).toBe(false);
    expect(hasOption(["--force"], ["git", "push", "force"])).toBe(false);
  });
});
