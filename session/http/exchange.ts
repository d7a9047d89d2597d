import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ExchangeIo, HttpAnswer, HttpRequest } from "../http.ts";
import { decodeBody, readBody } from "./body.ts";
import { addressesOf, type HttpDeps, openSocket } from "./connect.ts";
import { faultOf, HttpFault } from "./fault.ts";
import { secretHeader } from "./headers.ts";
import { canonicalAddress, hostPort, isLoopback, type OutgoingRequest } from "./target.ts";
import { startWatch, type Watch } from "./watch.ts";

/**
 * Sends one request and waits for the head of the answer; see `Http.exchange()`.
 *
 * @param deps Timers, and for tests resolver and authorities.
 * @param request The request.
 * @param io Who decides, who is asked for secrets, who can stop it.
 * @returns The answer, its body unread.
 * @throws {SessionError} `HTTP_FAILED`, `CANCELLED`, and what `admit` throws.
 */
export async function exchange(deps: HttpDeps, request: HttpRequest, io: ExchangeIo): Promise<HttpAnswer> {
  const watch = startWatch(deps.timers, io.signal);
  try {
    return await run(deps, request, { io, watch });
  } catch (cause) {
    watch.close();
    throw cause;
  }
}

interface Under {
  readonly io: ExchangeIo;
  readonly watch: Watch;
}

async function run(deps: HttpDeps, request: HttpRequest, { io, watch }: Under): Promise<HttpAnswer> {
  const { target } = request;
  const where = hostPort(target);
  const asked: OutgoingRequest = {
    url: target.url.href,
    scheme: target.scheme,
    host: target.host,
    port: target.port,
    method: request.method,
    addresses: null,
    bytes: request.body?.length ?? 0,
    hop: request.hop,
  };
  await watch.guard(io.admit(asked));
  watch.arm(io.limits.connectMs, () => new HttpFault("connect", `reach ${where}`, noAnswer(io.limits.connectMs)));
  const addresses = await watch.guard(addressesOf(deps, target.host, where));
  if (io.loopbackOnly && !addresses.every(isLoopback)) {
    throw new HttpFault("place", `reach ${where}`, "it is not this machine");
  }
  // Threat: a name that was allowed and now leads inside (DNS rebinding). Only what is decided here is connected to.
  watch.rest();
  await watch.guard(io.admit({ ...asked, addresses }));
  watch.arm(io.limits.connectMs, () => new HttpFault("connect", `reach ${where}`, noAnswer(io.limits.connectMs)));
  const socket = await openSocket(deps, { target, addresses, where }, watch);
  try {
    const headers = await headersFor(request, io, { watch, where });
    const { firstByteMs } = io.limits;
    watch.arm(firstByteMs, () => new HttpFault("first-byte", `read from ${where}`, noAnswer(firstByteMs)));
    const message = await watch.guard(send(socket, { request, headers, where }));
    return answerOf(message, socket, { io, watch, where });
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

function noAnswer(ms: number): string {
  return `no answer within ${ms / 1_000} s`;
}

async function headersFor(
  request: HttpRequest,
  io: ExchangeIo,
  { watch, where }: { readonly watch: Watch; readonly where: string },
): Promise<Record<string, string>> {
  const { target } = request;
  const headers = new Map<string, string>(request.headers);
  const standard = target.port === (target.scheme === "https" ? 443 : 80);
  headers.set("host", standard ? where.slice(0, where.lastIndexOf(":")) : where);
  headers.set("accept-encoding", "identity");
  headers.set("connection", "close");
  if (request.body !== null) headers.set("content-length", String(request.body.length));
  const credential = await watch.guard(io.credential());
  if (credential !== null) {
    // Threat: a key in clear text on the wire.
    if (target.scheme === "http" && !isLoopback(target.host)) {
      throw new HttpFault("place", `send a secret to ${where}`, "the connection is not encrypted");
    }
    const value = await watch.guard(credential.reveal());
    try {
      headers.set(...secretHeader(credential, value));
    } finally {
      value.dispose();
    }
  }
  return Object.fromEntries(headers);
}

async function send(
  socket: Socket,
  what: { readonly request: HttpRequest; readonly headers: Record<string, string>; readonly where: string },
): Promise<IncomingMessage> {
  const { request, headers, where } = what;
  const http = await import("node:http");
  // Threat: the runtime's agents know proxies and reuse. Deno rewrites even a request on a connection of our own for the
  // proxy of the environment, and sends its password to the host; an agent with an empty environment knows none.
  const agent = new http.Agent({ keepAlive: false, proxyEnv: {} });
  agent.createConnection = () => socket;
  return await new Promise((resolve, reject) => {
    const outgoing = http.request({
      agent,
      host: request.target.host,
      port: request.target.port,
      path: `${request.target.url.pathname}${request.target.url.search}`,
      method: request.method,
      headers,
      setHost: false,
    });
    outgoing.on("response", resolve);
    outgoing.on("upgrade", () => reject(new HttpFault("protocol", `read from ${where}`, "it changed protocol")));
    outgoing.on("error", (cause) => reject(faultOf(cause, where, "connect")));
    outgoing.end(request.body ?? undefined);
  });
}

function answerOf(
  message: IncomingMessage,
  socket: Socket,
  { io, watch, where }: Under & { readonly where: string },
): HttpAnswer {
  function stop(): void {
    message.destroy();
  }
  watch.signal.addEventListener("abort", stop, { once: true });
  // An error before the body is read must not be an unhandled event; the reader sees it again.
  message.on("error", () => undefined);
  const address = canonicalAddress(socket.remoteAddress ?? "") ?? "";
  function header(name: string): string {
    const value = message.headers[name];
    return Array.isArray(value) ? value.join(", ") : value ?? "";
  }
  function close(): void {
    watch.signal.removeEventListener("abort", stop);
    watch.close();
    message.destroy();
    socket.destroy();
  }
  return {
    status: message.statusCode ?? 0,
    header,
    headers: () => pairsOf(message.rawHeaders),
    address,
    close,
    async *body(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        const source = await decodeBody(message, header("content-encoding"));
        yield* readBody(source, { limits: io.limits, watch, where, complete: () => message.complete });
      } finally {
        close();
      }
    },
  };
}

function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  return pairs;
}
