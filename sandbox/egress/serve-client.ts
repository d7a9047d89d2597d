import { timingSafeEqual } from "node:crypto";
import { isIP, type Socket } from "node:net";
import type { EgressAnswer, EgressRequest, Timers } from "../../core/mod.ts";
import type { EgressNetwork } from "./egress-proxy.ts";
import type { EgressRule, EgressWiring } from "./egress.ts";
import { passOn } from "./pass-on.ts";
import { headEnd, MAX_HEAD_BYTES, originHead, parseProxyRequest, type ProxyRequest } from "./proxy-request.ts";
import { type HeldSecret, locateSecrets, type Swap, swapSecrets } from "./swap-secrets.ts";

/** One lease while it is in use. */
export interface LeaseState {
  readonly timers: Timers;
  readonly network: EgressNetwork;
  readonly allow: readonly EgressRule[];
  readonly admit: EgressWiring["admit"];
  readonly held: readonly HeldSecret[];
  /** The whole `Proxy-Authorization` that is right. */
  readonly expected: Uint8Array;
  readonly sockets: Set<Socket>;
  /** Requests that are not over. */
  readonly pending: Set<Promise<void>>;
  requests: number;
  denied: number;
  bytes: number;
}

/** How long the proxy waits for a head, an address and a connection. */
export const WAIT_MS = 15_000;

/** Requests of one call that are decided and recorded; those beyond are refused. */
export const MAX_REQUESTS = 1000;

const MAX_SOCKETS = 128;

type Refusal = readonly [status: number, phrase: string, why: string];

/**
 * Serves one connection of a command: one request, judged, recorded, passed on.
 *
 * @param state The lease.
 * @param client The connection.
 */
export async function serveClient(state: LeaseState, client: Socket): Promise<void> {
  if (state.sockets.size >= MAX_SOCKETS) {
    client.destroy();
    return;
  }
  track(state, client);
  // Threat: connections that are opened and never say what they want.
  const cancel = state.timers.after(WAIT_MS, () => client.destroy());
  const start = await readHead(client);
  cancel();
  if (start === "gone") return void client.destroy();
  const request = start === null ? null : parseProxyRequest(start.head);
  if (start === null || request === null) {
    return refuse(state, client, [400, "Bad Request", "the request is not well-formed"]);
  }
  if (!isAuthorized(state, request)) {
    return refuse(state, client, [407, "Proxy Authentication Required", "the token is missing"]);
  }
  state.requests++;
  // Threat: a flood of requests that fills the record.
  if (state.requests > MAX_REQUESTS) {
    return refuse(state, client, [429, "Too Many Requests", `one call may make at most ${MAX_REQUESTS} requests`]);
  }
  const work = serve(state, client, { request, rest: start.rest });
  state.pending.add(work);
  try {
    await work;
  } finally {
    state.pending.delete(work);
  }
}

async function serve(
  state: LeaseState,
  client: Socket,
  { request, rest }: { readonly request: ProxyRequest; readonly rest: Uint8Array },
): Promise<void> {
  const judged = await judge(state, request);
  const { method, host, port, plain } = request;
  const answer = await admitted(state, {
    method,
    host,
    port,
    path: plain === null ? null : plain.path.split("?", 1)[0] ?? "/",
    addresses: judged.addresses,
    secrets: judged.swaps.map(({ secret }) => ({ handle: secret.handle, slot: secret.slot })),
    refused: judged.refused,
  });
  if (!answer.ok || judged.refused !== null) {
    const why = judged.refused ?? (answer.ok ? "it is not allowed" : answer.reason);
    refuse(state, client, [403, "Forbidden", why]);
    return;
  }
  const head = plain === null ? null : originHead({ ...request, plain }, swapSecrets(plain.headers, judged.swaps));
  const end = await passOn({ timers: state.timers, track: (socket) => track(state, socket) }, client, {
    addresses: judged.addresses ?? [],
    port,
    head,
    body: plain?.body ?? null,
    rest,
  });
  if (!end.reached) respond(client, [502, "Bad Gateway", "the host cannot be reached"]);
  await answer.done(end);
}

interface Judged {
  readonly refused: string | null;
  readonly addresses: readonly string[] | null;
  readonly swaps: readonly Swap[];
}

// What the proxy itself knows, before policy is asked.
async function judge(state: LeaseState, request: ProxyRequest): Promise<Judged> {
  const { host, port, method, plain } = request;
  const rule = state.allow.find((one) => one.host === host && one.port === port);
  if (rule === undefined) return refusedFor(`${host}:${port} is not among the hosts of this call`);
  if (!rule.methods.includes(method)) return refusedFor(`${method} is not used with ${host}:${port}`);
  const secrets = rule.secrets ?? [];
  if (plain === null && secrets.length > 0) {
    return refusedFor(`nothing can be put into a tunnel, so a host with secrets is reached by plain HTTP alone`);
  }
  const located = plain === null ? { ok: true as const, swaps: [] } : locateSecrets(plain, secrets, state.held);
  if (!located.ok) return refusedFor(located.reason);
  const addresses = await addressesOf(state, host);
  if (addresses.length === 0) return refusedFor(`${host} has no address`);
  return { refused: null, addresses, swaps: located.swaps };
}

function refusedFor(refused: string): Judged {
  return { refused, addresses: null, swaps: [] };
}

// Threat: a name that leads elsewhere on the second look. It is resolved for each request, all its addresses are
// judged, and the connection goes to one of those.
async function addressesOf(state: LeaseState, host: string): Promise<readonly string[]> {
  if (isIP(host) > 0) return [host];
  try {
    const found = await withinWait(state, state.network.resolve(host));
    return found.every((address) => isIP(address) > 0) ? found : [];
  } catch {
    return [];
  }
}

function withinWait<Value>(state: LeaseState, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = state.timers.after(WAIT_MS, () => reject(new TypeError("Cannot look up: no answer in time")));
    work.then(resolve, reject).finally(cancel);
  });
}

async function admitted(state: LeaseState, request: EgressRequest): Promise<EgressAnswer> {
  try {
    return await state.admit(request);
  } catch {
    return { ok: false, reason: "it could not be decided" };
  }
}

function track(state: LeaseState, socket: Socket): void {
  state.sockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array) => void (state.bytes += chunk.length));
  socket.once("close", () => state.sockets.delete(socket));
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

function isAuthorized(state: LeaseState, request: ProxyRequest): boolean {
  const given = new TextEncoder().encode(request.authorization);
  return given.length === state.expected.length && timingSafeEqual(given, state.expected);
}

function refuse(state: LeaseState, client: Socket, refusal: Refusal): void {
  state.denied++;
  respond(client, refusal);
}

function respond(client: Socket, [status, phrase, why]: Refusal): void {
  if (client.destroyed) return;
  const body = `agentzero: ${why}\n`;
  const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="agentzero"\r\n' : "";
  client.end(
    `HTTP/1.1 ${status} ${phrase}\r\n${challenge}Content-Type: text/plain\r\nContent-Length: ${
      Buffer.byteLength(body)
    }\r\nConnection: close\r\n\r\n${body}`,
  );
  // A client that goes on sending is not waited for.
  client.resume();
}
