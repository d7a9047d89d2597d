import type { SecretBytes } from "../core/mod.ts";
import type { HttpDeps } from "./http/connect.ts";
import type { Header, SecretSlot } from "./http/headers.ts";
import type { HttpTarget, OutgoingRequest } from "./http/target.ts";

export type { BodyLimits } from "./http/body.ts";
export type { HttpDeps } from "./http/connect.ts";
export type { FaultKind } from "./http/fault.ts";
export type { Header, SecretSlot } from "./http/headers.ts";
export type { Admission, HttpIo, HttpSpec, HttpValue } from "./http/spec.ts";
export type { HttpTarget, OutgoingRequest } from "./http/target.ts";

/** A secret that goes along with one request. */
export interface Credential extends SecretSlot {
  /** Resolves the value; called once, when the connection stands. The transport disposes it. */
  reveal(): Promise<SecretBytes>;
}

/** One request to one target; redirects are answers like any other. */
export interface HttpRequest {
  /** HTTP method in upper case. */
  readonly method: string;
  /** Where to. */
  readonly target: HttpTarget;
  /** Checked by `checkHeaders()`; host, length and framing are added. */
  readonly headers: readonly Header[];
  /** Sent as it is; `null` for none. */
  readonly body: Uint8Array | null;
  /** Number of redirects that led here. */
  readonly hop: number;
}

/** Bounds of one exchange. */
export interface HttpLimits {
  /** Name lookup, connection and TLS together, in ms. */
  readonly connectMs: number;
  /** From sending to the first byte of the body, in ms. */
  readonly firstByteMs: number;
  /** Between two pieces of the body, in ms. */
  readonly silenceMs: number;
  /** Bytes of the body after decoding. */
  readonly maxBytes: number;
  /** Bytes without a line end, or `null` for any. */
  readonly maxLineBytes: number | null;
}

/** Who decides, who is asked for secrets, who can stop it. */
export interface ExchangeIo {
  /** Cancels the exchange. */
  readonly signal: AbortSignal;
  /** Its bounds. */
  readonly limits: HttpLimits;
  /** Only addresses of this machine may answer. */
  readonly loopbackOnly: boolean;
  /** Decides the request by name, then again with its addresses; rejects to refuse. */
  admit(request: OutgoingRequest): Promise<void>;
  /** The secret to send along, or `null`; asked for after the last decision. */
  credential(): Promise<Credential | null>;
}

/** An answer whose body has not been read yet. */
export interface HttpAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Value of a header by lower-case name; empty when absent. */
  header(name: string): string;
  /** Every header in the order in which they came, names in lower case. */
  headers(): readonly (readonly [string, string])[];
  /** The address that answered. */
  readonly address: string;
  /** Reads the body once; leaving the loop closes the connection. */
  body(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Closes the connection without reading. Idempotent. */
  close(): void;
}

/** The one way out to the network. */
export interface Http {
  /**
   * Sends one request and waits for the head of the answer.
   *
   * Contract: asks `admit` by name before the name is resolved and with every address before a connection; connects
   * to one of these addresses and to nothing else; verifies TLS against the name; follows no redirect; uses no proxy.
   *
   * @throws {SessionError} `HTTP_FAILED` for what goes wrong on the wire, `CANCELLED`, and what `admit` throws.
   */
  exchange(request: HttpRequest, io: ExchangeIo): Promise<HttpAnswer>;
}

/**
 * Creates the network adapter.
 *
 * @example
 * ```ts
 * const http = createHttp({ timers });
 * const answer = await http.exchange({ method: "GET", target: targetOf(url), headers: [], body: null, hop: 0 }, io);
 * for await (const piece of answer.body()) keep(piece);
 * ```
 * @param deps Timers, and for tests resolver and authorities.
 * @returns The adapter.
 */
export function createHttp(deps: HttpDeps): Http {
  return {
    // Most commands never send anything: the way out is loaded by the first request.
    exchange: async (request, io) => (await import("./http/exchange.ts")).exchange(deps, request, io),
  };
}
