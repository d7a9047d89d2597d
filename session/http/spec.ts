import type { RunIo } from "../../core/mod.ts";
import type { Header, SecretSlot } from "./headers.ts";
import type { OutgoingRequest } from "./target.ts";

/** One HTTP request of a tool, as data: its digest is what a permit is bound to. */
export interface HttpSpec {
  /** Tells it from the specs of other tiers. */
  readonly kind: "http";
  /** HTTP method in upper case. */
  readonly method: string;
  /** Absolute, normalised. */
  readonly url: string;
  /** Checked by `checkHeaders()`. */
  readonly headers: readonly Header[];
  /** Text is sent as UTF-8, bytes as they are. */
  readonly body: string | Uint8Array | null;
  /** A handle, and the slot it is asked for; the value is never here. */
  readonly secret: { readonly handle: string; readonly inject: string } | null;
  /** What is kept of the body; more sets `truncated`. */
  readonly maxBytes: number;
  /** From start to end, redirects included. */
  readonly timeoutMs: number;
  /** Redirects that may be followed; with 0 a redirect is an answer like any other. */
  readonly maxRedirects: number;
  /** `true`: the value also has headers and bytes, for guests. */
  readonly raw?: boolean;
}

/** What came back. */
export interface HttpValue {
  /** HTTP status. */
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Redirects that were followed. */
  readonly hops: readonly { readonly status: number; readonly url: string }[];
  /** The address that answered. */
  readonly address: string;
  /** Media type with parameters, or empty. */
  readonly contentType: string;
  /** Bytes kept, after decoding. */
  readonly bytes: number;
  /** `true` when more was sent than kept. */
  readonly truncated: boolean;
  /** The body when it is text, else `null`. */
  readonly text: string | null;
  /** `sha256:` of the bytes kept. */
  readonly sha256: string;
  /** What came back as it is, where it was asked for. */
  readonly raw?: { readonly headers: readonly (readonly [string, string])[]; readonly body: Uint8Array };
}

/** What the gate says to one request: it may go, and with which secret slot. */
export interface Admission {
  /** The slot that a binding names for this origin; `null`: the secret does not go along. */
  readonly secret: SecretSlot | null;
}

/** What a run over HTTP needs besides the usual. */
export interface HttpIo extends RunIo {
  /**
   * Decides one request: by name, again with its addresses, and each redirect the same way.
   *
   * Contract: rejects with a coded error to refuse; nothing is resolved, connected or sent before it resolves.
   */
  admitRequest(request: OutgoingRequest): Promise<Admission>;
}
