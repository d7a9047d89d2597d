import type { AuditEvent } from "../../../audit/mod.ts";
import { AgentZeroError } from "../../../core/mod.ts";
import { SkillsError, type TrustPlace } from "../../../skills/mod.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { type ChangePlace, recordChange } from "../../record-change.ts";

/** Whose trust a command works on. */
export interface OpenTrust {
  readonly installation: Installation;
  readonly place: TrustPlace;
}

/**
 * Opens the installation for a command about trust.
 *
 * @param context The command's context.
 * @returns Home, keys, and where trust is kept.
 * @throws {SkillsError} `TRUST_LOCKED` when the keys are gone.
 */
export async function openTrust(context: CommandContext): Promise<OpenTrust> {
  try {
    const installation = await openInstallation(context);
    return {
      installation,
      place: { home: installation.home, keys: installation.keys, clock: context.system.clock },
    };
  } catch (cause) {
    if (!(cause instanceof AgentZeroError) || cause.code !== "KEY_MISSING") throw cause;
    throw new SkillsError("TRUST_LOCKED", "Cannot read what is trusted: a key of this installation is missing", {
      hint: cause.hint ?? "restore the folder keys of your home from a backup, then: agentzero doctor",
      cause,
    });
  }
}

/**
 * Records a change of trust, then makes it.
 *
 * @param context The command's context.
 * @param trust Home and keys.
 * @param change What is recorded, and what is done.
 * @returns What the change returns.
 */
export async function changeTrust<T>(
  context: CommandContext,
  trust: OpenTrust,
  change: { readonly action: string; readonly reason: string; readonly run: () => T },
): Promise<T> {
  return await recordChange(context, await placeOf(context, trust), async (record) => {
    const event: AuditEvent = { event: "trust.change", action: change.action, reason: change.reason };
    await record(event);
    return change.run();
  });
}

/**
 * Records that something was refused and changed nothing.
 *
 * @param context The command's context.
 * @param trust Home and keys.
 * @param refused What was tried and why not.
 */
export async function recordRefusal(
  context: CommandContext,
  trust: OpenTrust,
  refused: { readonly action: string; readonly cause: unknown },
): Promise<void> {
  const { action, cause } = refused;
  if (!(cause instanceof AgentZeroError)) return;
  await recordChange(context, await placeOf(context, trust), async (record) => {
    await record({
      event: "trust.change",
      action,
      decision: "deny",
      reason: `${cause.code}: ${cause.message}`,
      result: { status: "error", error: { code: cause.code, message: cause.message } },
    });
  });
}

// Trust belongs to the person: it is recorded under the home, with the digest of their own rules.
async function placeOf(context: CommandContext, { installation }: OpenTrust): Promise<ChangePlace> {
  const policy = await openProjectPolicy(context, installation, { project: null, mode: "ask", readOnlyState: true });
  const place = { installation, project: null, policy: policy.generation.digest };
  policy.close();
  return place;
}
