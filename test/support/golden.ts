import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../fixtures/golden/", import.meta.url);

/**
 * Gives a golden file to compare a text with. Only `AZ_WRITE_GOLDEN=1` writes it: what people and scripts read changes
 * on purpose, and the difference is looked at.
 *
 * @param name Path below `test/fixtures/golden`.
 * @param text What was written now.
 * @returns What the file holds.
 */
export function golden(name: string, text: string): string {
  const file = fileURLToPath(new URL(name, FOLDER));
  if (process.env["AZ_WRITE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) throw new Error(`golden file "${name}" is missing: AZ_WRITE_GOLDEN=1 writes it`);
  return readFileSync(file, "utf8");
}
