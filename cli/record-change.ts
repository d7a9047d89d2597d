import { join } from "node:path";
import { type AuditEvent, openAuditLog, writerFacts } from "../audit/mod.ts";
import type { Digest } from "../core/mod.ts";
import { auditSettings } from "./compose/audit-settings.ts";
import type { Installation } from "./compose/installation.ts";
import { personalConfig } from "./config/personal-config.ts";
import type { CommandContext } from "./context.ts";
import { PROJECT_FOLDER } from "./project-root.ts";

/** Where and under which rules a change outside a session is recorded. */
export interface ChangePlace {
  readonly installation: Installation;
  /** Root of the project that the change concerns, or `null`: then the record lies under the home. */
  readonly project: string | null;
  /** Digest of the policy in force. */
  readonly policy: Digest;
}

/**
 * Records a change made by a command outside a session (`trust.change`, `vault.change`, `key.change`, …): a short
 * session of its own, opened before the change, so that a change that cannot be recorded does not happen.
 *
 * @example
 * ```ts
 * await recordChange(context, place, async (record) => {
 *   await record({ event: "trust.change", reason: `trusted ${sha256}` });
 *   await trustPolicy(request);
 * });
 * ```
 * @param context The command's context.
 * @param place Where.
 * @param change Records the event, then makes the change.
 * @returns What `change` returns.
 * @throws {AuditError} `AUDIT_UNWRITABLE` and its like, and whatever `change` throws.
 */
export async function recordChange<T>(
  context: CommandContext,
  place: ChangePlace,
  change: (record: (event: AuditEvent) => Promise<void>) => Promise<T> | T,
): Promise<T> {
  const { installation, project } = place;
  const { clock, random, timers } = context.system;
  const log = await openAuditLog({
    dir: project === null ? join(installation.home, "audit") : join(project, PROJECT_FOLDER, "audit"),
    home: installation.home,
    project,
    session: installation.ids.next("ses"),
    keys: installation.keys,
    clock,
    random,
    timers,
    writer: writerFacts(installation.facts),
    settings: auditSettings(await personalConfig(installation.home, context.system.env)),
    policy: place.policy,
    front: "cli",
    // A change names handles, hashes and keys, never values.
    mask: (text) => text,
  });
  const forget = context.onExit(() => log.close("interrupted"));
  try {
    const result = await change(async (event) => {
      const { seq } = log.append({ actor: { uid: installation.facts.uid, front: "cli" }, ...event });
      // On the disk and in the ledgers before anything is changed.
      await log.barrier(seq, true);
    });
    await log.close("ok");
    return result;
  } catch (cause) {
    await log.close("failed").catch(() => undefined);
    throw cause;
  } finally {
    forget();
  }
}
