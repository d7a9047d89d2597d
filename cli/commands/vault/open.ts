import type { AuditEvent } from "../../../audit/mod.ts";
import type { Vault } from "../../../core/mod.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import { openUserVault } from "../../compose/secrets.ts";
import type { Config } from "../../config/load-config.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext } from "../../context.ts";
import { recordChange } from "../../record-change.ts";

/** What a vault command works on. */
export interface VaultParts {
  readonly installation: Installation;
  /** The person's own configuration; a project's says nothing about secrets. */
  readonly config: Config;
}

/**
 * Opens home, keys and the person's own configuration.
 *
 * @param context The command's context.
 * @returns The parts.
 */
export async function openParts(context: CommandContext): Promise<VaultParts> {
  const installation = await openInstallation(context);
  const config = await personalConfig(installation.home, context.system.env);
  return { installation, config };
}

/**
 * Opens the vault, lends it to a command and wipes its keys afterwards.
 *
 * @param context The command's context.
 * @param run What the command does.
 * @returns What it returns.
 */
export async function withVault<T>(
  context: CommandContext,
  run: (vault: Vault, parts: VaultParts) => Promise<T>,
): Promise<T> {
  const parts = await openParts(context);
  const vault = await openUserVault(context, parts);
  const forget = context.onExit(() => vault.close());
  try {
    for (const notice of vault.notices) context.output.note(notice);
    return await run(vault, parts);
  } finally {
    vault.close();
    forget();
  }
}

/**
 * Makes a change after it was recorded, in a short session of its own.
 *
 * @param context The command's context.
 * @param parts Home, keys, configuration.
 * @param change What is recorded (never a value), and what is done.
 * @returns What the change returns.
 */
export async function changeVault<T>(
  context: CommandContext,
  parts: VaultParts,
  change: { readonly reason: string; readonly handles: readonly string[]; readonly run: () => Promise<T> },
): Promise<T> {
  const policy = await openProjectPolicy(context, parts.installation, {
    project: null,
    mode: "ask",
    readOnlyState: true,
  });
  const place = { installation: parts.installation, project: null, policy: policy.generation.digest };
  policy.close();
  return await recordChange(context, place, async (record) => {
    const event: AuditEvent = { event: "vault.change", reason: change.reason, secret_handles: change.handles };
    await record(event);
    return await change.run();
  });
}
