import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Gives a measurement a folder of its own and removes it afterwards.
 *
 * @param work What needs it; gets its real path.
 * @returns What the work returned.
 */
export async function inFolder<Value>(work: (root: string) => Promise<Value> | Value): Promise<Value> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "az-bench-")));
  try {
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
