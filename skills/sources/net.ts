import type { SecretBytes } from "../../core/mod.ts";

/** As whom a request is sent. */
export type SourceIdentity =
  /** To get a token: with the credential, if there is one and its binding names this place. */
  | { readonly kind: "login" }
  /** With a token, in place of any credential. */
  | { readonly kind: "token"; readonly token: SecretBytes };

/** One request of a source. */
export interface SourceRequest {
  /** HTTP method. */
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  /** Absolute. */
  readonly url: string;
  /** Names in lower case, with their values. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What is sent, or `null`. */
  readonly body: Uint8Array | null;
  /** Bytes of the answer that are read at most. */
  readonly maxBytes: number;
  /** Without it: with the credential where it is the one of this origin. */
  readonly as?: SourceIdentity;
}

/** What came back. */
export interface SourceAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Value of a header by lower-case name; empty when absent. */
  header(name: string): string;
  /** The body, up to `maxBytes`. */
  readonly bytes: Uint8Array;
  /** `true` when there was more. */
  readonly truncated: boolean;
}

/**
 * The one way of a source to the network.
 *
 * Contract:
 * - each request is decided by policy and on record before its host's name is even looked up;
 * - follows no redirect, uses no proxy, asks for no encoding of the content;
 * - rejects with a coded error when it may not go, or when the wire fails.
 */
export interface SourceNet {
  /** Sends one request and reads the answer within its bound. */
  send(request: SourceRequest): Promise<SourceAnswer>;
  /** Takes in a value that must show up nowhere, before its first use; throws for one that cannot be masked. */
  keepSecret(value: Uint8Array): void;
  /** Tells whether policy would let a request go to another place; asks and records nothing. */
  allows(request: Pick<SourceRequest, "method" | "url">): boolean;
}
