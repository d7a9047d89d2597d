import { readdirSync } from "node:fs";
import { join } from "node:path/posix";
import type { GateDeps } from "./deps.ts";
import { SessionError } from "./errors.ts";

const MAX_NAMES = 50_000;

/**
 * Finds the files of the project that nobody may read, when a file with several names is opened; looked up once a run.
 *
 * Threat: a hard link that gives a denied file a second, innocent name.
 *
 * @param deps The gate's wiring.
 * @returns Gives real paths of denied files; throws `LIMIT_SIZE` when they are too many to compare with.
 */
export function maskedNames(deps: Pick<GateDeps, "plan">): () => readonly string[] {
  let found: readonly string[] | null = null;
  return () => {
    found ??= findNames(deps);
    return found;
  };
}

function findNames({ plan }: Pick<GateDeps, "plan">): readonly string[] {
  const { files, dirs, problem } = plan.hidden();
  if (problem !== null) throw new SessionError("LIMIT_SIZE", problem.reason, { hint: problem.hint });
  const names = [...files];
  const stack = [...dirs];
  for (let dir = stack.pop(); dir !== undefined; dir = stack.pop()) {
    // Links are not followed: what they lead to is denied or not where it lies.
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.isDirectory()) stack.push(join(dir, entry.name));
      else if (entry.isFile()) names.push(join(dir, entry.name));
    }
    if (names.length > MAX_NAMES) {
      throw new SessionError("LIMIT_SIZE", `Cannot open a file with several names: more than ${MAX_NAMES} are denied`);
    }
  }
  return names;
}
