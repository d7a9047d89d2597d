import type { Socket } from "node:net";
import type { Timers } from "../../core/mod.ts";
import type { SessionError } from "../errors.ts";
import { faultOf, HttpFault } from "./fault.ts";
import { canonicalAddress, type HttpTarget, isLoopback } from "./target.ts";
import { reasonOf, type Watch } from "./watch.ts";

/** What the network adapter is made of. */
export interface HttpDeps {
  /** Deadlines. */
  readonly timers: Timers;
  /** Resolves a name to all its addresses; the system's resolver unless given. */
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
  /** Certificate authorities in PEM instead of the runtime's. */
  readonly ca?: readonly string[] | undefined;
}

const MAX_ADDRESSES = 16;
/** An address that does not answer must not use up the time of the next one. */
const ADDRESS_MS = 1_500;

/**
 * Resolves a host to every address a connection may use.
 *
 * @param deps The resolver.
 * @param host Host of a target.
 * @param where `host:port`, for messages.
 * @returns At least one canonical address; a literal gives itself, `localhost` this machine.
 * @throws {HttpFault} When there is none.
 */
export async function addressesOf(deps: HttpDeps, host: string, where: string): Promise<readonly string[]> {
  const literal = canonicalAddress(host);
  if (literal !== null) return [literal];
  // RFC 6761: these names are this machine, whatever a resolver says.
  if (isLoopback(host)) return ["127.0.0.1", "::1"];
  const found = await (deps.resolve ?? systemResolve)(host).catch((cause: unknown) => {
    throw faultOf(cause, where, "name");
  });
  const addresses = new Set<string>();
  for (const text of found.slice(0, MAX_ADDRESSES)) {
    const address = canonicalAddress(text);
    if (address !== null) addresses.add(address);
  }
  if (addresses.size === 0) throw new HttpFault("name", `reach ${where}`, "the name has no address");
  return [...addresses];
}

async function systemResolve(name: string): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}

/**
 * Connects to the first of the given addresses that answers, and to nothing else; with TLS verified against the name.
 *
 * @param deps Timers and authorities.
 * @param to The target and its decided addresses.
 * @param watch Ends it early.
 * @returns The connected socket.
 * @throws {SessionError} `HTTP_FAILED`, `CANCELLED`.
 */
export async function openSocket(
  deps: HttpDeps,
  to: { readonly target: HttpTarget; readonly addresses: readonly string[]; readonly where: string },
  watch: Watch,
): Promise<Socket> {
  let last: SessionError = new HttpFault("name", `reach ${to.where}`, "the name has no address");
  // Loaded here: most commands never open a connection, and these take tens of milliseconds.
  const { connect } = await import("node:net");
  for (const [index, address] of to.addresses.entries()) {
    const patience = index < to.addresses.length - 1 ? deps.timers.after(ADDRESS_MS, () => socket.destroy()) : null;
    const socket = connect({ host: address, port: to.target.port });
    function stop(): void {
      socket.destroy();
    }
    watch.signal.addEventListener("abort", stop, { once: true });
    try {
      await watch.guard(once(socket, "connect"));
      socket.setNoDelay(true);
      // oxlint-disable-next-line no-await-in-loop -- one address after the other
      return to.target.scheme === "http" ? socket : await watch.guard(secure(deps, socket, to.target.host));
    } catch (cause) {
      socket.destroy();
      if (watch.signal.aborted) throw reasonOf(watch.signal);
      last = faultOf(cause, to.where, "connect");
      // A peer whose certificate is wrong is not made right by its other address.
      if (last instanceof HttpFault && last.fault === "tls") throw last;
    } finally {
      patience?.();
      watch.signal.removeEventListener("abort", stop);
    }
  }
  throw last;
}

async function secure(deps: HttpDeps, socket: Socket, host: string): Promise<Socket> {
  const { connect } = await import("node:tls");
  const name = canonicalAddress(host) === null ? { servername: host } : { host };
  const tls = connect({
    socket,
    ...name,
    ...(deps.ca === undefined ? {} : { ca: [...deps.ca] }),
    // Said here so that no environment variable can say otherwise.
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
  });
  await once(tls, "secureConnect");
  if (!tls.authorized) throw new HttpFault("tls", "trust the peer", "its certificate was not verified");
  return tls;
}

function once(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    // Stays for good: an error of a socket that nobody listens to would end the process.
    socket.on("error", reject);
    socket.once("close", () => reject(new HttpFault("connect", "reach the host", "the connection was closed")));
  });
}
