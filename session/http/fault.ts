import { SessionError } from "../errors.ts";

/** What went wrong on the wire. */
export type FaultKind =
  | "name"
  | "connect"
  | "tls"
  | "first-byte"
  | "silence"
  | "total"
  | "size"
  | "line"
  | "cut"
  | "protocol"
  | "place";

/** A request that failed on the wire; the message is ours, nothing of it was said by the server. */
export class HttpFault extends SessionError {
  /** What went wrong. */
  readonly fault: FaultKind;
  /** The reason alone, without what could not be done. */
  readonly why: string;

  constructor(fault: FaultKind, action: string, why: string) {
    super("HTTP_FAILED", `Cannot ${action}: ${why}`);
    this.fault = fault;
    this.why = why;
  }
}

const WORDS: ReadonlyMap<string, readonly [FaultKind, string]> = new Map([
  ["ECONNREFUSED", ["connect", "nobody listens there (connection refused)"]],
  ["ECONNRESET", ["cut", "the connection was closed in the middle"]],
  ["EPIPE", ["cut", "the connection was closed in the middle"]],
  ["ETIMEDOUT", ["connect", "the connection timed out"]],
  ["EHOSTUNREACH", ["connect", "no route to the host"]],
  ["ENETUNREACH", ["connect", "no route to the network"]],
  ["EADDRNOTAVAIL", ["connect", "the address cannot be used"]],
  ["ENOTFOUND", ["name", "the name does not resolve"]],
  ["ENODATA", ["name", "the name has no address"]],
  ["EAI_AGAIN", ["name", "the name cannot be looked up at the moment"]],
  ["ERR_TLS_CERT_ALTNAME_INVALID", ["tls", "its certificate is for another name"]],
  ["CERT_HAS_EXPIRED", ["tls", "its certificate has expired"]],
  ["HPE_HEADER_OVERFLOW", ["protocol", "the head of its answer is too large"]],
  ["Z_DATA_ERROR", ["protocol", "its answer is not packed as it says"]],
  ["Z_BUF_ERROR", ["cut", "the answer ended too early"]],
  ["ERR_SSL_WRONG_VERSION_NUMBER", ["tls", "it does not speak TLS (is it an http address?)"]],
]);

/**
 * Says in our own words why a connection failed.
 *
 * @param cause What the runtime threw.
 * @param where `host:port`.
 * @param otherwise The kind for a failure without a known code.
 * @returns The fault; an {@link HttpFault} or other coded error of ours passes through unchanged.
 */
export function faultOf(cause: unknown, where: string, otherwise: FaultKind): SessionError {
  if (cause instanceof SessionError) return cause;
  const code = codeOf(cause);
  const known = WORDS.get(code);
  if (known !== undefined) {
    // A reset before anything came back is a failed connection, not a cut answer.
    const kind = known[0] === "cut" && otherwise === "connect" ? "connect" : known[0];
    return new HttpFault(kind, `reach ${where}`, known[1]);
  }
  if (/CERT|SELF_SIGNED|SIGNATURE|^ERR_(TLS|SSL)/.test(code)) {
    return new HttpFault("tls", `reach ${where}`, `its certificate is not trusted (${code})`);
  }
  if (code.startsWith("HPE_")) {
    return new HttpFault("protocol", `reach ${where}`, `it answered with something that is not HTTP (${code})`);
  }
  return new HttpFault(otherwise, `reach ${where}`, code === "" ? "the connection failed" : code);
}

function codeOf(cause: unknown): string {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  // Only names of constants: a runtime's message may quote bytes of the peer.
  return typeof cause.code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(cause.code) ? cause.code : "";
}
