import { connect, createServer, type Server } from "node:net";
import { type EgressEnd, type EgressRequest, Permit, SecretBytes } from "../../../core/mod.ts";
import { createEgress } from "../../../sandbox/egress/egress-proxy.ts";
import {
  type EgressLease,
  type EgressRule,
  type EgressSecret,
  type EgressWiring,
  parseHost,
} from "../../../sandbox/egress/egress.ts";
import type { HeldSecret } from "../../../sandbox/egress/swap-secrets.ts";
import type { EgressNetwork } from "../../../sandbox/mod.ts";
import { onStop, type Rig } from "../rig.ts";

// A network of this machine alone: names lead to loopback, which counts as public here unless a name says otherwise.
/** Names lead to loopback, or where their name says. */
export const NETWORK: EgressNetwork = {
  resolve(host) {
    if (host === "inner.test") return Promise.resolve(["127.0.0.1", "10.0.0.1"]);
    if (host === "metadata.test") return Promise.resolve(["169.254.169.254"]);
    return host.endsWith(".test") ? Promise.resolve(["127.0.0.1"]) : Promise.reject(new Error("no such name"));
  },
};

// Stands for policy: what it is asked is kept, and loopback alone is allowed.
/** A desk and what it saw. */
export interface Desk {
  readonly asked: EgressRequest[];
  readonly ended: EgressEnd[];
  readonly admit: EgressWiring["admit"];
}

/** Makes a desk. */
export function desk(): Desk {
  const [asked, ended]: [EgressRequest[], EgressEnd[]] = [[], []];
  return {
    asked,
    ended,
    admit(request) {
      asked.push(request);
      const ok = request.refused === null && request.addresses?.every((address) => address === "127.0.0.1") === true;
      if (!ok) return Promise.resolve({ ok: false, reason: "its address is not public" });
      return Promise.resolve({ ok: true, done: (end) => Promise.resolve(void ended.push(end)) });
    },
  };
}

/** A server and what it was sent. */
export interface Origin {
  readonly port: number;
  readonly seen: string[];
}

// Answers each connection once, with what it was sent.
/** Starts a server. */
export function origin(): Promise<Origin> {
  const seen: string[] = [];
  return new Promise((resolve) => {
    const server: Server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (chunk: Uint8Array) => {
        seen.push(new TextDecoder().decode(chunk));
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
      });
    });
    onStop(() => void server.close());
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ port: typeof address === "object" && address !== null ? address.port : 0, seen });
    });
  });
}

/** Rules for origins. */
export function rules(...hosts: readonly string[]): readonly EgressRule[] {
  return hosts.flatMap((host) => parseHost(host) ?? []);
}

/** A lease on some hosts. */
export async function lease(r: Rig, ...hosts: readonly string[]): Promise<EgressLease> {
  return await leaseWith(r, { allow: rules(...hosts) });
}

/** A lease with everything spelled out. */
export async function leaseWith(
  r: Rig,
  options: Partial<EgressWiring> & { readonly allow: readonly EgressRule[]; readonly network?: EgressNetwork },
): Promise<EgressLease> {
  const { allow, network = NETWORK, admit = desk().admit, ...rest } = options;
  const given = await createEgress(r.deps, network).lease(new Permit(), allow, { admit, ...rest });
  onStop(() => void given.close());
  return given;
}

/** A value with its placeholder. */
export function held(env: string, value: string, handle = `handle://vault/test/${env.toLowerCase()}`): HeldSecret {
  return { env, handle, placeholder: `azph_${env.toLowerCase()}_placeholder`, value: new SecretBytes(bytesOf(value)) };
}

/** Where a value may go. */
export function slot(of: HeldSecret, name: string, format: string | null = null): EgressSecret {
  return { env: of.env, handle: of.handle, slot: name, format };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Sends text, gives everything that came back. */
export function ask(given: EgressLease, text: string): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(given.socket);
    socket.on("error", () => resolve(`error ${got}`));
    socket.on("data", (chunk: Uint8Array) => void (got += new TextDecoder().decode(chunk)));
    socket.once("close", () => resolve(got));
    socket.write(text);
  });
}

/** The head of a request with the right token. */
export function authorized(given: EgressLease, line: string, more = ""): string {
  return `${line} HTTP/1.1\r\nProxy-Authorization: Basic ${
    Buffer.from(`az:${given.token}`).toString("base64")
  }\r\n${more}\r\n`;
}
