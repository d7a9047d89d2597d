import type { Permit } from "../../core/mod.ts";

/** One origin that a command may reach. */
export interface EgressRule {
  /** Lower case, without trailing dot; a name or an IPv4 address. */
  readonly host: string;
  readonly port: number;
  /** Methods of plain HTTP, upper case; `CONNECT` stands for a tunnel, whose content nobody sees. */
  readonly methods: readonly string[];
}

/** What a lease let through. */
export interface EgressUse {
  readonly requests: number;
  readonly denied: number;
  readonly bytes: number;
}

/** A proxy for the time of one run. */
export interface EgressLease {
  /** Path of the Unix socket that the proxy listens on. */
  readonly socket: string;
  /** Without it every request is answered with 407. */
  readonly token: string;
  /** Variables that tell programs about the proxy, as it is offered inside. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the proxy and every connection; idempotent. */
  close(): Promise<EgressUse>;
}

/**
 * The only way of a command to the network.
 *
 * Contract:
 * - a request to an origin that no rule names is refused, whatever name or address it uses;
 * - names are resolved by the proxy, and addresses that are not public are refused;
 * - nothing of a lease outlives `close`.
 */
export interface Egress {
  lease(permit: Permit, allow: readonly EgressRule[]): Promise<EgressLease>;
}

/**
 * Reads one entry of a call's `hosts`.
 *
 * @example
 * ```ts
 * parseHost("Example.com:443"); // { host: "example.com", port: 443, methods: […] }
 * ```
 * @param text `host:port`.
 * @returns The rule, or `null` when it is not a plain host and a port.
 */
export function parseHost(text: string): EgressRule | null {
  const [, host, digits] = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)\.?:(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || host.includes("..") || !Number.isSafeInteger(port) || port < 1 || port > 65_535) {
    return null;
  }
  return {
    host: host.toLowerCase(),
    port,
    methods: ["CONNECT", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  };
}
