import { join } from "node:path";
import { type AuditEvent, listSessionFiles, readSession } from "../../audit/mod.ts";
import { systemRandom } from "../../cli/system/random.ts";
import { openKeys } from "../../core/mod.ts";

/** Reads what a session has recorded so far, decrypted. */
export async function recordAt(
  at: { readonly project: string; readonly home: string },
  session: string,
): Promise<readonly AuditEvent[]> {
  const keys = await openKeys({ home: at.home, random: systemRandom });
  const files = listSessionFiles(join(at.project, ".agentzero/audit")).find((each) => each.session === session);
  const events: AuditEvent[] = [];
  if (files === undefined) return events;
  await readSession(files, (kid) => keys.auditBoxSecret(kid), ({ event }) => {
    if (event !== null) events.push(event);
  });
  return events;
}
