import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import process from "node:process";
import { onTestFinished, type TestContext } from "vitest";

/**
 * Puts a small disk of its own at a folder for one test; skips the test where nothing can be mounted.
 *
 * @param context Of the test.
 * @param at The folder; made when it is missing.
 * @param options Size, e.g. `512k`, and permission bits in octal.
 */
export function smallDisk(
  context: TestContext,
  at: string,
  options: { readonly size: string; readonly mode?: string },
): void {
  mkdirSync(at, { recursive: true, mode: 0o700 });
  mount(context, at, [["-t", "tmpfs", "-o", `size=${options.size},mode=${options.mode ?? "700"}`, "tmpfs", at]]);
}

/**
 * Makes a folder read-only for one test, for root too; what is open in it goes on working. Skips the test where nothing
 * can be mounted.
 *
 * @param context Of the test.
 * @param at The folder.
 */
export function readOnly(context: TestContext, at: string): void {
  mount(context, at, [["--bind", at, at], ["-o", "remount,bind,ro", at]]);
}

/** Takes away what was mounted at a folder, before the test ends. */
export function unmount(at: string): void {
  spawnSync("umount", ["-l", at]);
}

function mount(context: TestContext, at: string, steps: readonly (readonly string[])[]): void {
  onTestFinished(() => unmount(at));
  if (process.getuid?.() === 0 && steps.every((words) => spawnSync("mount", words).status === 0)) return;
  process.stderr.write("skipped: nothing can be mounted here (needs root and mount)\n");
  context.skip();
}
