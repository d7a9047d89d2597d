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
  /** Tells whether policy would let a request go to another place; asks and records nothing. */
  allows(request: Pick<SourceRequest, "method" | "url">): boolean;
}
