import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** What `npm pack` says of the package it made, or would make. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/**
 * Packs the package as it would be published. `dist` must be built.
 *
 * @param into A folder for the archive; `null` only lists what would be in it.
 * @returns Name and content.
 */
export function packPackage(into: string | null): Packed {
  const words = [
    "pack",
    "--json",
    "--ignore-scripts",
    ...(into === null ? ["--dry-run"] : ["--pack-destination", into]),
  ];
  const ran = spawnSync("npm", words, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1_048_576 });
  if (ran.status !== 0) throw new Error(`npm pack ended with ${ran.status}: ${ran.stderr}`);
  const [packed] = JSON.parse(ran.stdout) as readonly Packed[];
  if (packed === undefined) throw new Error("npm pack said nothing");
  return packed;
}
