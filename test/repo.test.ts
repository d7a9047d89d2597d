import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { VERSION } from "../cli/version.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const LEFT_OUT = new Set(["node_modules", "dist", "coverage", ".git", "package-lock.json"]);

// Spelled in pieces, so that this file passes its own test.
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a path of one machine", new RegExp(["(^|[\\s\"'`(=:])/(work", "root)/"].join("|"), "m")],
  [
    "the host of a package registry",
    new RegExp(["registry\\.npm", "js|npm\\.pkg\\.github|registry\\.yarn", "pkg"].join("")),
  ],
  [
    "a note of who or what wrote it",
    new RegExp(["co-author", "ed-by|generated (with|by) (claude|copilot|chatgpt)"].join(""), "i"),
  ],
  ["a chapter of a document that is not here", new RegExp(["\\bchap", "ter \\d"].join(""), "i")],
];

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Files of the repository: what git knows where there is git, else what lies here. */
function repositoryFiles(): readonly string[] {
  const listed = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  if (listed.status === 0 && listed.stdout !== "") {
    return listed.stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  }
  return walk("");
}

function walk(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

function isText(path: string): boolean {
  if (LEFT_OUT.has(path) || !statSync(join(root, path)).isFile()) return false;
  return !readFileSync(join(root, path)).subarray(0, 4_096).includes(0);
}

describe("repository", () => {
  it("has one version everywhere", () => {
    const { version } = JSON.parse(read("package.json"));
    expect(VERSION).toBe(version);
    expect(/^## (\d+\.\d+\.\d+)/m.exec(read("CHANGELOG.md"))?.[1]).toBe(version);
    expect(JSON.parse(read("package-lock.json")).version).toBe(version);
  });

  it("names in its README the two commands that a newcomer needs, and both exist", () => {
    const { scripts } = JSON.parse(read("package.json"));
    for (const command of ["npm ci && npm run demo", "npm ci && npm test"]) {
      expect(read("README.md")).toContain(command);
    }
    expect(scripts).toHaveProperty("demo");
    expect(scripts).toHaveProperty("test");
  });

  it("has a README whose agentzero commands all exist", async () => {
    const { commandTree } = await import("../cli/program.ts");
    const known = new Set((await commandTree()).commands.map((command) => command.name()));
    const named = [...read("README.md").matchAll(/^\s*(?:\$ )?(?:npm exec )?agentzero (?:-- )?([a-z]+)/gm)].map((
      [, name],
    ) => name);
    expect(named.filter((name) => !known.has(name ?? ""))).toEqual([]);
  });

  it("has a ci script that stops at the first failure", () => {
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
    expect(spawnSync("bash", ["-n", join(root, ".ci/run")]).status).toBe(0);
    expect(read(".ci/run")).toContain("set -euo pipefail");
    expect(read(".ci/run")).toContain("npm ci");
  });

  it("skips no install script silently: scripts of our own are chained, never pre or post", () => {
    const { scripts } = JSON.parse(read("package.json"));
    expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual([]);
    expect(read(".npmrc")).toContain("ignore-scripts=true");
  });

  it("pins every dependency to one version", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) =>
      !/^\d+\.\d+\.\d+$/.test(String(version))
    );
    expect(loose).toEqual([]);
  });

  it("names nothing that belongs to one workplace", () => {
    const found = repositoryFiles().filter(isText).flatMap((path) => {
      const text = read(path);
      return FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${path}: ${what}`);
    });
    expect(found).toEqual([]);
  });
});
