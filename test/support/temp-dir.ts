import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { removeTree } from "../../sandbox/process/remove-tree.ts";

/**
 * Makes a folder of mode 0700 for one test; it is removed when the test has finished.
 *
 * @param files Text by relative path, written into it.
 * @returns Its real path.
 */
export function tempDir(files: Readonly<Record<string, string>> = {}): string {
  const folder = filledDir(files);
  onTestFinished(() => removeTree(folder));
  return folder;
}

/**
 * The same for all tests of a file; call it from `beforeAll`.
 *
 * @param files Text by relative path, written into it.
 * @returns Its real path.
 */
export function sharedDir(files: Readonly<Record<string, string>> = {}): string {
  const folder = filledDir(files);
  shared.push(folder);
  return folder;
}

const shared: string[] = [];
afterAll(() => {
  for (const folder of shared.splice(0)) removeTree(folder);
});

function filledDir(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-test-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
