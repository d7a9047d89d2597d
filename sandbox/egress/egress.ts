import type { EgressAnswer, EgressRequest, Permit } from "../../core/mod.ts";
import type { HeldSecret } from "./swap-secrets.ts";

/** A value that the proxy puts in where a command sends its placeholder. */
export interface EgressSecret {
  /** Variable of the command that holds the placeholder. */
  readonly env: string;
  readonly handle: string;
  /** `bearer`, `basic:USER` or `header:NAME`: the one header that may carry it. */
  readonly slot: string;
  /** For `header:NAME`: the text around the value, e.g. `token {}`; `null` for the value alone. */
  readonly format: string | null;
}

/** One origin that a command may reach. */
export interface EgressRule {
  /** Lower case, without trailing dot; a name or an IPv4 address. */
  readonly host: string;
  readonly port: number;
  /** Methods of plain HTTP, upper case; `CONNECT` stands for a tunnel, whose content nobody sees. */
  readonly methods: readonly string[];
  /** Values for this origin alone. */
  readonly secrets?: readonly EgressSecret[];
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
  /** Variables that tell programs about the proxy, as it is offered inside; `azph_…` where a value would be. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the proxy and every connection, wipes the values, waits for the records; idempotent. */
  close(): Promise<EgressUse>;
}

/** What a lease works with besides its rules. */
export interface EgressWiring {
  /** Decides and records each request; resolves always. */
  readonly admit: (request: EgressRequest) => Promise<EgressAnswer>;
  /** Values by handle; the lease disposes them. */
  readonly secrets?: readonly HeldSecret[];
}

/**
 * The only way of a command to the network.
 *
 * Contract:
 * - a request to an origin that no rule names is refused, whatever name or address it uses;
 * - names are resolved by the proxy for each request, and the connection goes to an address that was judged;
 * - a value is put in only for its origin, only in its header, never into a tunnel;
 * - nothing of a lease outlives `close`.
 */
export interface Egress {
  lease(permit: Permit, allow: readonly EgressRule[], wiring: EgressWiring): Promise<EgressLease>;
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
