import { connect, type Socket } from "node:net";
import type { EgressEnd, Timers } from "../../core/mod.ts";
import { type BodyFrame, createBodyPass } from "./body-frame.ts";

/** What is passed on. */
export interface Passing {
  /** Judged addresses; tried in their order. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Head for the origin, or `null` for a tunnel. */
  readonly head: Uint8Array | null;
  /** How the body ends; `null` for a tunnel. */
  readonly body: BodyFrame | null;
  /** What the client sent behind its head already. */
  readonly rest: Uint8Array;
}

/** What passing on needs. */
export interface PassDeps {
  readonly timers: Timers;
  track(socket: Socket): void;
}

const CONNECT_MS = 15_000;

/**
 * Connects to the first address that answers and passes one request and its answer, or a tunnel.
 *
 * @param deps Timers, and who keeps count of sockets.
 * @param client Connection of the command, paused.
 * @param passing What goes where.
 * @returns How it ended, once both connections are closed; `reached: false`: the client got nothing yet.
 */
export async function passOn(deps: PassDeps, client: Socket, passing: Passing): Promise<EgressEnd> {
  const origin = await connectAny(deps, client, passing);
  if (origin === null) return { reached: false, sentBytes: 0, receivedBytes: 0 };
  const closed = new Promise<void>((resolve) => void origin.once("close", () => resolve()));
  client.once("close", () => origin.destroy());
  if (client.destroyed) origin.destroy();
  if (passing.head === null) client.write("HTTP/1.1 200 Connection established\r\n\r\n");
  else origin.write(passing.head);
  if (passing.body === null) {
    if (passing.rest.length > 0) origin.write(passing.rest);
    client.pipe(origin);
  } else {
    const body = createBodyPass(passing.body);
    body.on("error", () => client.destroy());
    if (passing.rest.length > 0) body.write(passing.rest);
    client.pipe(body, { end: false });
    // The origin is told the end by the framing; half a connection makes some of them give up.
    body.pipe(origin, { end: false });
  }
  origin.pipe(client);
  client.resume();
  await closed;
  client.end();
  return { reached: true, sentBytes: origin.bytesWritten, receivedBytes: origin.bytesRead };
}

async function connectAny(deps: PassDeps, client: Socket, passing: Passing): Promise<Socket | null> {
  for (const host of passing.addresses) {
    if (client.destroyed) return null;
    // oxlint-disable-next-line no-await-in-loop -- the next address only when this one does not answer
    const origin = await connectTo(deps, host, passing.port);
    if (origin !== null) return origin;
  }
  return null;
}

function connectTo(deps: PassDeps, host: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const origin = connect({ host, port });
    deps.track(origin);
    const cancel = deps.timers.after(CONNECT_MS, () => origin.destroy());
    origin.once("connect", () => {
      cancel();
      // Nothing is read before it can be passed on.
      origin.pause();
      resolve(origin);
    });
    origin.once("close", () => {
      cancel();
      resolve(null);
    });
  });
}
