import { type Config, loadConfig } from "../../config/load-config.ts";
import type { CommandContext } from "../../context.ts";
import { peekHome } from "../../home.ts";

/** The person's own configuration; a project's cannot say who reads the record, nor where its anchors are. */
export function personalConfig(context: CommandContext): Promise<Config> {
  return loadConfig({
    home: peekHome(context.home),
    project: null,
    isTrusted: () => false,
    env: context.system.env,
    flags: {},
  });
}
