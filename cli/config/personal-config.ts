import { type Config, type ConfigSources, loadConfig } from "./load-config.ts";

/**
 * Loads the person's own configuration alone, for commands about what is theirs: a project's file could only make it
 * stricter, may not be trusted yet, and says nothing about keys, readers or the vault.
 *
 * @param home Folder of the configuration.
 * @param env The environment, or an empty one where no model is chosen.
 * @returns What counts.
 * @throws {CliError} `CONFIG_INVALID` with file and line, `CONFIG_UNSAFE` for a link or somebody else's file.
 */
export function personalConfig(home: string, env: ConfigSources["env"]): Promise<Config> {
  return loadConfig({ home, project: null, isTrusted: () => false, env, flags: {} });
}
