import { existsSync } from "node:fs";
import { basename, delimiter, dirname, join, sep } from "node:path";

/**
 * Lists tool chains below the home folder that commands in the sandbox cannot see: folders of PATH, or the folder a
 * `bin` belongs to. They are only offered, for `sandbox.paths` of the person's config.yml.
 *
 * @param env The environment.
 * @param userHome The person's home folder.
 * @param known Paths that are configured already.
 * @returns Absolute paths.
 */
export function hiddenToolChains(
  env: Readonly<Record<string, string | undefined>>,
  userHome: string,
  known: readonly string[],
): readonly string[] {
  const found = new Set<string>();
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (!folder.startsWith(userHome + sep) || folder.includes("node_modules") || !existsSync(folder)) continue;
    const parent = dirname(folder);
    // `~/.local/bin` and `~/bin` stand beside data of all kinds: only they themselves are offered.
    const shared = parent === userHome || parent === join(userHome, ".local");
    found.add(basename(folder) === "bin" && !shared ? parent : folder);
  }
  return [...found].filter((path) => !known.some((other) => path === other || path.startsWith(other + sep)));
}
