import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./packed-files.ts";

/** One runtime that a user may have. */
export interface Runtime {
  /** What `--only` calls it. */
  readonly name: string;
  /** The exact version. */
  readonly version: string;
}

/** The oldest Node that is promised, those of today, and the Deno of the tool chain. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "node22", version: "22.18.0" },
  { name: "node24", version: "24.21.0" },
  { name: "node26", version: "26.10.0" },
  { name: "deno", version: "2.9.5" },
];

/** Words that start a runtime, or why it could not be had. */
export type Found = { readonly words: readonly string[] } | { readonly problem: string };

/**
 * Finds a runtime: in the tool chain, else as a package of npm, put into a folder of its own and run from there.
 *
 * @param runtime Which one.
 * @param folder A folder that is there, for what is fetched.
 * @returns The words before the file to run.
 */
export function findRuntime({ name, version }: Runtime, folder: string): Found {
  if (name === "deno") return checked([join(ROOT, "node_modules/.bin/deno"), "run", "-A"]);
  if (version === process.versions.node) return checked([process.execPath]);
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{ "private": true }\n');
  const own = `node-${process.platform}-${process.arch}`;
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--no-save"];
  const ran = spawnSync("npm", ["install", ...flags, `${own}@${version}`], { cwd: place, encoding: "utf8" });
  if (ran.status !== 0) {
    const [why = "npm gave no reason"] = ran.stderr.split("\n").filter((line) => line.startsWith("npm error"));
    return { problem: `npm cannot fetch ${own}@${version}: ${why.replace(/^npm error /, "")}` };
  }
  return checked([join(place, "node_modules", own, "bin/node")]);
}

function checked(words: readonly string[]): Found {
  const [program = ""] = words;
  return existsSync(program) ? { words } : { problem: `${program} is not there` };
}
