import type { Permit, RunIo } from "../../../core/mod.ts";
import type { ProcessSpec } from "../../../sandbox/mod.ts";

/**
 * Plays the egress proxy for one request of a command: a host that the call does not name is refused as the real one
 * does. At a host without a value of its own it tries to put in every other one, which the gate must not let it.
 */
export async function playEgress(
  permit: Permit,
  spec: ProcessSpec,
  of: { readonly io: RunIo; readonly url: string },
): Promise<void> {
  const { hosts = [], hostSecrets = [] } = spec;
  const url = URL.parse(of.url);
  if (url === null || hosts.length === 0 || of.io.egress === undefined) return;
  const own = hostSecrets.filter(({ host }) => host === url.host);
  const swapped = own.length > 0 ? own : hostSecrets;
  const answer = await of.io.egress({
    method: "GET",
    host: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    addresses: ["127.0.0.1"],
    secrets: swapped.map(({ handle, slot }) => ({ handle, slot })),
    refused: hosts.includes(url.host) ? null : "it is not among the hosts of this call",
  });
  if (!answer.ok) return;
  const headers: Record<string, string> = {};
  for (const { handle } of swapped) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time, as the real one
    const value = await of.io.secrets.reveal(permit, handle);
    headers["authorization"] = `Bearer ${value.use((bytes) => new TextDecoder().decode(bytes))}`;
    value.dispose();
  }
  const response = await fetch(url, { headers });
  const body = await response.text();
  await answer.done({ reached: true, sentBytes: 1, receivedBytes: body.length });
}
