import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { makeTempFolder } from "../temp-folder.ts";
import type { Egress, EgressLease, EgressRule, EgressUse } from "./egress.ts";
import { EGRESS_PORT } from "./relay.ts";
import { type LeaseState, serveClient } from "./serve-client.ts";

/** What the proxy needs to know of the network. */
export interface EgressNetwork {
  /** Resolves a name to all its addresses. */
  resolve(host: string): Promise<readonly string[]>;
}

/**
 * Creates the proxy that lets commands reach the origins of their call and nothing else.
 *
 * @param deps Random tokens, timers, the folder for temporary files.
 * @param network Name resolution.
 * @returns The egress port.
 */
export function createEgress(deps: SandboxDeps, network: EgressNetwork): Egress {
  return {
    async lease(_permit, allow, { admit, secrets = [] }): Promise<EgressLease> {
      const token = Buffer.from(deps.random.bytes(24)).toString("hex");
      const expected = new TextEncoder().encode(`Basic ${Buffer.from(`az:${token}`).toString("base64")}`);
      const state: LeaseState = {
        timers: deps.timers,
        network,
        allow,
        admit,
        held: secrets,
        expected,
        sockets: new Set(),
        pending: new Set(),
        requests: 0,
        denied: 0,
        bytes: 0,
      };
      // The path of a socket is short by nature: not below the project, whose path may be long.
      const dir = makeTempFolder(deps.facts, "az-egress-", "Cannot let a command reach hosts");
      const socket = join(dir, "s");
      const server = await listen(state, socket, dir);
      const proxy = `http://az:${token}@127.0.0.1:${EGRESS_PORT}`;
      let closing: Promise<EgressUse> | null = null;
      return {
        socket,
        token,
        env: { ...proxyVariables(proxy, allow), ...placeholders(state) },
        close: () => closing ??= closeLease(state, server, dir),
      };
    },
  };
}

// What runs inside is reached directly, unless the call names that very host.
function proxyVariables(proxy: string, allow: readonly EgressRule[]): Readonly<Record<string, string>> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const direct = ["localhost", "127.0.0.1", "::1"].filter((name) => !allow.some(({ host }) => host === name)).join(",");
  return {
    ...Object.fromEntries(names.map((name) => [name, proxy])),
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: "1",
  };
}

function placeholders({ held }: LeaseState): Readonly<Record<string, string>> {
  return Object.fromEntries(held.map(({ env, placeholder }) => [env, placeholder]));
}

function listen(state: LeaseState, path: string, dir: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (client) => void serveClient(state, client));
    server.once("error", (cause) => {
      rmSync(dir, { recursive: true, force: true });
      reject(new SandboxError("SANDBOX_FAILED", "Cannot start the egress proxy", { cause }));
    });
    server.listen(path, () => resolve(server));
  });
}

async function closeLease(state: LeaseState, server: Server, dir: string): Promise<EgressUse> {
  server.close();
  for (const socket of state.sockets) socket.destroy();
  rmSync(dir, { recursive: true, force: true });
  // A request that is just being decided ends, too: its record must be complete before that of the command.
  while (state.pending.size > 0) await Promise.allSettled(state.pending);
  for (const { value } of state.held) value.dispose();
  return { requests: state.requests, denied: state.denied, bytes: state.bytes };
}
