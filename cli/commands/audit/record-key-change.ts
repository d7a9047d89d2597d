import { openProjectPolicy } from "../../compose/project-policy.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { readPassphrase } from "../../passphrase.ts";
import { findProject } from "../../project-root.ts";
import { recordChange } from "../../record-change.ts";

/**
 * Makes a change of the keys after it was recorded, in a short session of its own.
 *
 * @param context The command's context.
 * @param change What is recorded, and what is done.
 * @returns What the change returns.
 */
export async function recordKeyChange<T>(
  context: CommandContext,
  change: { readonly reason: string; readonly installation: Installation; readonly run: () => Promise<T> | T },
): Promise<T> {
  const project = findProject(context);
  const { installation } = change;
  const policy = await openProjectPolicy(context, installation, { project: null, mode: "ask", readOnlyState: true });
  const place = { installation, project, policy: policy.generation.digest };
  policy.close();
  return await recordChange(context, place, async (record) => {
    await record({ event: "key.change", reason: change.reason });
    return await change.run();
  });
}

/**
 * Opens the installation and unlocks its keys, asking on the terminal if that is needed.
 *
 * @param context The command's context.
 * @param input Its options.
 * @returns The installation; still locked when nobody gave the passphrase.
 */
export async function openUnlocked(context: CommandContext, input: CommandInput): Promise<Installation> {
  const installation = await openInstallation(context);
  const { system, terminal } = context;
  await installation.keys.unlock(() =>
    readPassphrase({ file: input.option("passphraseFile"), cwd: context.cwd, system, terminal })
  );
  return installation;
}
