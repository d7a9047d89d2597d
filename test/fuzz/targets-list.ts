import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FuzzModule, FuzzTarget } from "./target.ts";

const FOLDER = new URL("targets/", import.meta.url);

/** Names of all targets, one a file of `targets/`. */
export const TARGET_NAMES: readonly string[] = readdirSync(fileURLToPath(FOLDER))
  .filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -3)).toSorted();

/** Findings, one file each: what once broke a reader is read again by the tests. */
export const FINDINGS: URL = new URL("../fixtures/fuzz/", import.meta.url);

/** Opens a target. */
export async function openTarget(name: string): Promise<FuzzTarget> {
  const loaded: unknown = await import(new URL(`${name}.ts`, FOLDER).href);
  if (!isModule(loaded)) throw new TypeError(`targets/${name}.ts exports no open()`);
  return await loaded.open();
}

function isModule(value: unknown): value is FuzzModule {
  return typeof value === "object" && value !== null && "open" in value && typeof value.open === "function";
}
