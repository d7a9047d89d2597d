import { createIds, finishKeyChange, type IdSource, type Keys, openKeys } from "../../core/mod.ts";
import type { CommandContext } from "../context.ts";
import { openHome } from "../home.ts";
import { type ProcessFacts, processFacts } from "./host-facts.ts";

/** What every command that touches the record, the policy or the vault starts from. */
export interface Installation {
  /** Real path of `$AGENTZERO_HOME`, made and checked. */
  readonly home: string;
  readonly keys: Keys;
  readonly ids: IdSource;
  readonly facts: ProcessFacts;
}

/**
 * Opens the installation: the home folder and its keys, made on first use. Asks for no passphrase: what it protects
 * stays locked until `keys.unlock()`.
 *
 * @param context The command's context.
 * @returns The installation.
 * @throws {CliError} `HOME_UNSAFE`, `WRITE_FAILED`. @throws {CoreError} `KEY_UNSAFE`, `KEY_INVALID`.
 */
export async function openInstallation(context: CommandContext): Promise<Installation> {
  const home = openHome(context.home);
  const { clock, random } = context.system;
  finishKeyChange(home, clock);
  const keys = await openKeys({ home, random });
  return {
    home,
    keys,
    ids: createIds(clock, random),
    facts: processFacts({ userHome: context.userHome, home }),
  };
}
