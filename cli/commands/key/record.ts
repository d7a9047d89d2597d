import type { AuditEvent } from "../../../audit/mod.ts";
import type { Installation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { recordChange } from "../../record-change.ts";

/**
 * Records what is done with a signing key, then does it.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param use What is recorded (names of keys, never any part of one), and what is done.
 * @returns What `run` returns.
 */
export async function recordKeyUse<T>(
  context: CommandContext,
  installation: Installation,
  use: { readonly action: string; readonly reason: string; readonly run: () => Promise<T> | T },
): Promise<T> {
  const policy = await openProjectPolicy(context, installation, { project: null, mode: "ask", readOnlyState: true });
  const place = { installation, project: null, policy: policy.generation.digest };
  policy.close();
  return await recordChange(context, place, async (record) => {
    const event: AuditEvent = { event: "key.change", action: use.action, reason: use.reason };
    await record(event);
    return await use.run();
  });
}
