import { formatAddress, parseAddress, parseUrl } from "../../policy/mod.ts";

/** One request as policy sees it: first by name, then again with the addresses the name resolved to. */
export interface OutgoingRequest {
  /** Absolute, normalised, without fragment. */
  readonly url: string;
  /** How. */
  readonly scheme: "http" | "https";
  /** Lower case, punycode, without trailing dot; an IP in canonical form without brackets. */
  readonly host: string;
  /** Port, also where the address leaves it out. */
  readonly port: number;
  /** HTTP method. */
  readonly method: string;
  /** Every address the connection may use, or `null` before the name was resolved. */
  readonly addresses: readonly string[] | null;
  /** Bytes of the request body. */
  readonly bytes: number;
  /** 0 for the request itself, then one more for each redirect followed. */
  readonly hop: number;
}

/** Where a URL leads. */
export interface HttpTarget {
  /** What is fetched, without fragment. */
  readonly url: URL;
  /** How. */
  readonly scheme: "http" | "https";
  /** Lower case, punycode, without trailing dot; an IP in canonical form without brackets. */
  readonly host: string;
  /** Port, also where the address leaves it out. */
  readonly port: number;
}

/**
 * Reads where a URL leads, exactly as policy reads it, so that what is decided is what is connected to.
 *
 * @param input An absolute URL.
 * @param base URL that a relative one (of a redirect) starts from; optional.
 * @returns The target; the fragment is dropped.
 * @throws {PolicyError} `URL_INVALID` for every spelling that two readers could see differently.
 */
export function targetOf(input: string, base?: URL): HttpTarget {
  const absolute = base === undefined ? input : URL.parse(input, base.href)?.href ?? "";
  const { url, scheme, host, port } = parseUrl(absolute);
  return { url: new URL(url), scheme, host, port };
}

/**
 * Writes an IP address in its one form, IPv4-mapped IPv6 as IPv4.
 *
 * @param text An address, perhaps.
 * @returns The canonical address, or `null` when it is none or names a zone.
 */
export function canonicalAddress(text: string): string | null {
  const bytes = parseAddress(text);
  return bytes === null ? null : formatAddress(bytes);
}

/**
 * Tells whether a host can only be this machine: a loopback address, or a name reserved for it (RFC 6761).
 *
 * @param host Host of an {@link HttpTarget}.
 * @returns `true` for `127.0.0.0/8`, `::1`, `localhost` and names below it.
 */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  const bytes = parseAddress(host);
  return bytes?.length === 4 && bytes[0] === 127;
}

/**
 * Writes host and port for people.
 *
 * @param target Where to.
 * @returns `host:port`, an IPv6 address in brackets.
 */
export function hostPort(target: { readonly host: string; readonly port: number }): string {
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}
