import { timingSafeEqual } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { connect, createServer, isIP, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import type { Egress, EgressLease, EgressRule, EgressUse } from "./egress.ts";
import { headEnd, MAX_HEAD_BYTES, parseProxyRequest, type ProxyRequest } from "./proxy-request.ts";

/** What the proxy needs to know of the network. */
export interface EgressNetwork {
  /** Tells whether an address is globally reachable and no metadata service. */
  isPublic(address: string): boolean;
  /** Resolves a name to all its addresses. */
  resolve(host: string): Promise<readonly string[]>;
}

/** Port of the proxy inside the sandbox. */
export const EGRESS_PORT = 3128;

const MAX_CONNECTIONS = 64;
const WAIT_MS = 15_000;

/** One lease while it is in use. */
interface Lease {
  readonly deps: SandboxDeps;
  readonly network: EgressNetwork;
  readonly allow: readonly EgressRule[];
  readonly expected: Uint8Array;
  readonly sockets: Set<Socket>;
  requests: number;
  denied: number;
  bytes: number;
}

/**
 * Creates the proxy that lets commands reach the origins of their call and nothing else.
 *
 * @param deps Random tokens, timers, the folder for temporary files.
 * @param network Name resolution and the test for public addresses.
 * @returns The egress port.
 */
export function createEgress(deps: SandboxDeps, network: EgressNetwork): Egress {
  return {
    async lease(_permit, allow): Promise<EgressLease> {
      const token = Buffer.from(deps.random.bytes(24)).toString("hex");
      const expected = new TextEncoder().encode(`Basic ${Buffer.from(`az:${token}`).toString("base64")}`);
      const state: Lease = { deps, network, allow, expected, sockets: new Set(), requests: 0, denied: 0, bytes: 0 };
      // The path of a socket is short by nature: not below the project, whose path may be long.
      const dir = realpathSync(mkdtempSync(join(deps.facts.tmp, "az-egress-")));
      const socket = join(dir, "s");
      const server = await listen(state, socket);
      const proxy = `http://az:${token}@127.0.0.1:${EGRESS_PORT}`;
      return { socket, token, env: proxyVariables(proxy), close: () => closeLease(state, server, dir) };
    },
  };
}

function proxyVariables(proxy: string): Readonly<Record<string, string>> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const none = { NO_PROXY: "localhost,127.0.0.1,::1", no_proxy: "localhost,127.0.0.1,::1" };
  return { ...Object.fromEntries(names.map((name) => [name, proxy])), ...none, NODE_USE_ENV_PROXY: "1" };
}

function listen(state: Lease, path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((client) => void accept(state, client));
    server.once(
      "error",
      (cause) => reject(new SandboxError("SANDBOX_FAILED", "Cannot start the egress proxy", { cause })),
    );
    server.listen(path, () => resolve(server));
  });
}

function closeLease(state: Lease, server: Server, dir: string): Promise<EgressUse> {
  server.close();
  for (const socket of state.sockets) socket.destroy();
  rmSync(dir, { recursive: true, force: true });
  return Promise.resolve({ requests: state.requests, denied: state.denied, bytes: state.bytes });
}

function track(state: Lease, socket: Socket): void {
  state.sockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array) => void (state.bytes += chunk.length));
  socket.once("close", () => state.sockets.delete(socket));
}

async function accept(state: Lease, client: Socket): Promise<void> {
  if (state.sockets.size >= MAX_CONNECTIONS * 2) {
    client.destroy();
    return;
  }
  track(state, client);
  const cancel = state.deps.timers.after(WAIT_MS, () => client.destroy());
  const start = await readHead(client);
  cancel();
  if (start === "gone") return;
  if (start === null) return refuse(state, client, [400, "Bad Request", "the request is not well-formed"]);
  const request = parseProxyRequest(start.head);
  if (request === null) return refuse(state, client, [400, "Bad Request", "the request is not well-formed"]);
  if (!isAuthorized(state, request)) {
    return refuse(state, client, [407, "Proxy Authentication Required", "the token is missing"]);
  }
  state.requests++;
  const origin = `${request.host}:${request.port}`;
  if (!isAllowed(state, request)) {
    return refuse(state, client, [403, "Forbidden", `${origin} is not among the hosts of this call`]);
  }
  const address = await publicAddress(state, request.host);
  if (address === null) return refuse(state, client, [403, "Forbidden", `${request.host} has no public address`]);
  pass(state, client, { request, address, rest: start.rest });
}

interface Start {
  readonly head: Uint8Array;
  readonly rest: Uint8Array;
}

// `gone`: the client left without a whole head, like the one that only looks whether we listen.
function readHead(client: Socket): Promise<Start | "gone" | null> {
  return new Promise((resolve) => {
    let seen: Uint8Array = new Uint8Array();
    function take(chunk: Uint8Array): void {
      seen = Buffer.concat([seen, chunk]);
      const end = headEnd(seen);
      if (end < 0 && seen.length <= MAX_HEAD_BYTES) return;
      client.off("data", take);
      client.pause();
      resolve(end < 0 || end > MAX_HEAD_BYTES ? null : { head: seen.subarray(0, end), rest: seen.subarray(end) });
    }
    client.on("data", take);
    client.once("close", () => resolve("gone"));
    client.once("end", () => resolve("gone"));
  });
}

function isAuthorized(state: Lease, request: ProxyRequest): boolean {
  const given = new TextEncoder().encode(request.authorization);
  return given.length === state.expected.length && timingSafeEqual(given, state.expected);
}

function isAllowed(state: Lease, request: ProxyRequest): boolean {
  return state.allow.some((rule) =>
    rule.host === request.host && rule.port === request.port && rule.methods.includes(request.method)
  );
}

// Threat: a name that leads into the local network, now or on the second look. One address that is not public refuses
// the name, and the connection goes to the address that was checked.
async function publicAddress(state: Lease, host: string): Promise<string | null> {
  try {
    const addresses = isIP(host) > 0 ? [host] : await state.network.resolve(host);
    const [first] = addresses;
    return first !== undefined && addresses.every((address) => state.network.isPublic(address)) ? first : null;
  } catch {
    return null;
  }
}

function pass(
  state: Lease,
  client: Socket,
  to: { readonly request: ProxyRequest; readonly address: string; readonly rest: Uint8Array },
): void {
  if (client.destroyed) return;
  const origin = connect({ host: to.address, port: to.request.port });
  track(state, origin);
  const cancel = state.deps.timers.after(WAIT_MS, () => origin.destroy());
  let connected = false;
  origin.once("connect", () => {
    cancel();
    connected = true;
    if (to.request.head === null) client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    else origin.write(to.request.head);
    if (to.rest.length > 0) origin.write(to.rest);
    client.pipe(origin);
    origin.pipe(client);
    client.resume();
  });
  origin.once("close", () => {
    cancel();
    if (connected) client.end();
    else answer(client, [502, "Bad Gateway", "the host cannot be reached"]);
  });
  client.once("close", () => origin.destroy());
}

type Answer = readonly [status: number, phrase: string, why: string];

function refuse(state: Lease, client: Socket, with_: Answer): void {
  state.denied++;
  answer(client, with_);
}

function answer(client: Socket, [status, phrase, why]: Answer): void {
  if (client.destroyed) return;
  const body = `agentzero: ${why}\n`;
  const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="agentzero"\r\n' : "";
  client.end(
    `HTTP/1.1 ${status} ${phrase}\r\n${challenge}Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
