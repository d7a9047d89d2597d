import type { McpServer } from "@agentclientprotocol/sdk";
import type { AtomicAction } from "../../core/mod.ts";
import { parseUrl } from "../../policy/mod.ts";
import type { ComposedSession } from "../compose.ts";
import type { Clean } from "./clean.ts";

/** Threat: a list that fills the record. */
const MAX_SERVERS = 32;

/**
 * Refuses the tool servers that a client offers, on record. Nothing is started or connected, and neither arguments,
 * environment nor headers go anywhere.
 *
 * Threat: an entry in a project's editor settings that runs a command as soon as a session opens.
 *
 * @param opened The session.
 * @param servers What the client offered.
 * @param clean The way out.
 * @returns One sentence for each server.
 */
export async function refuseServers(
  opened: ComposedSession,
  servers: readonly McpServer[],
  clean: Clean,
): Promise<readonly string[]> {
  const told: string[] = [];
  const acts = servers.length === 0 ? null : await opened.session.acts();
  for (const server of servers.slice(0, MAX_SERVERS)) {
    const name = clean.line(server.name, 64);
    // oxlint-disable-next-line no-await-in-loop -- each is on record before the next
    const act = await acts?.begin({
      tool: "mcp server",
      title: `Start tool server ${name}`,
      tier: "deny",
      actions: [actionFor(server, name)],
      handles: [],
      bytesIn: 0,
    });
    const refusal = {
      code: "TIER_UNAVAILABLE",
      message: `Cannot start tool server "${name}": tool servers of editors are not used`,
      hint: "use a signed skill or a generated tool instead",
    };
    // oxlint-disable-next-line no-await-in-loop
    if (act !== undefined && act.failure === null) await act.end(refusal, 0);
    told.push(`the tool server "${name}" is not started: ${refusal.hint}`);
  }
  const more = servers.length - MAX_SERVERS;
  return more > 0 ? [...told, `${more} more tool servers are not started`] : told;
}

function actionFor(server: McpServer, name: string): AtomicAction {
  const facts = { classes: ["private"], tier: "deny", tainted: true, skill: null } as const;
  const url = "url" in server ? addressOf(server.url) : null;
  if (url === null) {
    return { ...facts, capability: "runtime_launch", target: { kind: "skill", name: `mcp:${name}` } };
  }
  return { ...facts, capability: "network_request", target: url };
}

function addressOf(address: string): Extract<AtomicAction["target"], { kind: "network" }> | null {
  try {
    return { ...parseUrl(address), kind: "network", method: "POST", addresses: null };
  } catch {
    return null;
  }
}
