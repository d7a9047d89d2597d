import { join } from "node:path";
import { systemRandom } from "../../cli/system/random.ts";
import { type AuditEvent, listSessionFiles, readSession } from "../../audit/mod.ts";
import { openKeys } from "../../core/mod.ts";
import type { Engine } from "./engine.ts";

/**
 * Reads what an engine has recorded so far, decrypted.
 *
 * @param engine The engine; it may still be open.
 * @returns Every event in order.
 */
export async function recordOf(engine: Pick<Engine, "project" | "home" | "composed">): Promise<readonly AuditEvent[]> {
  const keys = await openKeys({ home: engine.home, random: systemRandom });
  const files = listSessionFiles(join(engine.project, ".agentzero/audit"))
    .find(({ session }) => session === engine.composed.session.id);
  const events: AuditEvent[] = [];
  if (files === undefined) return events;
  await readSession(files, (kid) => keys.auditBoxSecret(kid), ({ event }) => {
    if (event !== null) events.push(event);
  });
  return events;
}
