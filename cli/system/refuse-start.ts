import type { RuntimeProblem } from "../runtime-check.ts";

// Compiled, this file must parse and run on Node 20, like `bin`.

/**
 * Says why the program cannot start at all, and ends with 2.
 *
 * @param words The command line after the program; `--json` chooses the form.
 * @param problem What is wrong with the runtime.
 */
export function refuseStart(words: readonly string[], { code, message, hint }: RuntimeProblem): void {
  if (words.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ v: 1, error: { code, message, hint } })}\n`);
  } else process.stderr.write(`error: ${message}\n  do:  ${hint}\n`);
  process.exitCode = 2;
}
