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
 * @param event What is recorded; names keys, never any part of one.
 * @param run What is done.
 * @returns What `run` returns.
 */
export async function recordKeyUse<T>(
  context: CommandContext,
  installation: Installation,
  ...[event, run]: readonly [event: AuditEvent, run: () => Promise<T> | T]
): Promise<T> {
  const policy = await openProjectPolicy(context, installation, { project: null, mode: "ask", readOnlyState: true });
  const place = { installation, project: null, policy: policy.generation.digest };
  policy.close();
  return await recordChange(context, place, async (record) => {
    await record(event);
    return await run();
  });
}
