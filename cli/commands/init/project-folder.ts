import { chmodSync, mkdirSync } from "node:fs";
import { join, sep } from "node:path";
import { createFileOnce, errorCode, readOwnFile } from "../../../core/mod.ts";
import type { CommandContext } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { peekHome } from "../../home.ts";
import { checkProjectFolder, PROJECT_FOLDER, unsafe } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";

/** The most bytes of a policy file. */
const MAX_POLICY_BYTES = 1_048_576;
const IGNORED = "audit/\nsessions/\nstate/\n";

/**
 * Refuses folders that cannot be a project: the person's home, what lies above it, and the folder of keys and grants.
 *
 * @param context The command's context.
 * @throws {CliError} `USAGE`.
 */
export function checkPlace(context: CommandContext): void {
  const { cwd, userHome } = context;
  const home = peekHome(context.home);
  if (cwd === userHome || userHome.startsWith(cwd.endsWith(sep) ? cwd : cwd + sep)) {
    throw badUsage(
      `Cannot make a project of "${cwd}": it holds your home folder`,
      "change to the folder of your project, or name it with --cwd",
    );
  }
  if (cwd === home || cwd.startsWith(home + sep)) {
    throw badUsage(
      `Cannot make a project of "${cwd}": it holds keys and grants`,
      "change to the folder of your project",
    );
  }
}

/**
 * Makes `.agentzero/` with its ignore file, without touching what is there.
 *
 * @param root Root of the project.
 * @returns Absolute path of `.agentzero`.
 * @throws {CliError} `PROJECT_UNSAFE` for a link or somebody else's folder, `WRITE_FAILED`.
 */
export function makeProjectFolder(root: string): string {
  const folder = join(root, PROJECT_FOLDER);
  try {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
  } catch (cause) {
    if (errorCode(cause) !== "EEXIST") {
      throw new CliError("WRITE_FAILED", `Cannot make "${folder}": ${errorCode(cause)}`, {
        hint: "check that the folder of the project can be written",
        cause,
      });
    }
  }
  const problem = checkProjectFolder(folder);
  if (problem !== "ok") throw unsafe(folder, problem);
  createFileOnce(join(folder, ".gitignore"), new TextEncoder().encode(IGNORED), 0o644);
  return folder;
}

/**
 * Reads the policy that a project brought along.
 *
 * @param folder `.agentzero` of the project.
 * @returns Its bytes, or `null` when there is none.
 * @throws {CliError} `PROJECT_UNSAFE` for a link, a special file or somebody else's.
 */
export function readPolicyFile(folder: string): Uint8Array | null {
  const file = join(folder, "policy.yml");
  const read = readOwnFile(file, { maxBytes: MAX_POLICY_BYTES });
  if (read.kind === "ok") return read.bytes;
  if (read.kind === "missing") return null;
  throw new CliError("PROJECT_UNSAFE", `Cannot use "${file}": ${read.why}`, { hint: read.hint });
}
