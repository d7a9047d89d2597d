import { isIP } from "node:net";
import { SessionError } from "../errors.ts";

/** One request as policy sees it: first by name, then again with the addresses the name resolved to. */
export interface OutgoingRequest {
  readonly url: string;
  readonly scheme: "http" | "https";
  /** Lower case, punycode, without trailing dot; an IP in canonical form without brackets. */
  readonly host: string;
  readonly port: number;
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
  readonly url: URL;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/**
 * Reads where a URL leads and refuses what could lead elsewhere than it says.
 *
 * @param input An absolute URL.
 * @param base URL that a relative one (of a redirect) starts from; optional.
 * @returns The target; the fragment is dropped.
 * @throws {SessionError} `ARGS_INVALID` for anything but `http(s)` without user info.
 */
export function targetOf(input: string, base?: URL): HttpTarget {
  const url = URL.parse(input, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new SessionError("ARGS_INVALID", "Cannot send request: expected an http or https address");
  }
  // Threat: `https://good.example:443@evil.example/` reads like one host and leads to another.
  if (url.username !== "" || url.password !== "") {
    throw new SessionError("ARGS_INVALID", "Cannot send request: the address holds user info");
  }
  url.hash = "";
  const host = hostOf(url);
  if (host === "") throw new SessionError("ARGS_INVALID", "Cannot send request: the address has no host");
  const scheme = url.protocol === "https:" ? "https" : "http";
  return { url, scheme, host, port: url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port) };
}

function hostOf(url: URL): string {
  const bare = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname.replace(/\.$/, "");
  return canonicalAddress(bare) ?? bare.toLowerCase();
}

/**
 * Writes an IP address in its one form, IPv4-mapped IPv6 as IPv4.
 *
 * @param text An address, perhaps.
 * @returns The canonical address, or `null` when it is none or names a zone.
 */
export function canonicalAddress(text: string): string | null {
  const family = isIP(text);
  if (family === 4) return text;
  // A zone (`fe80::1%eth0`) picks an interface that no rule can name.
  if (family !== 6 || text.includes("%")) return null;
  const v6 = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? null;
  const mapped = v6 === null ? null : /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(v6);
  if (mapped === null) return v6;
  const high = Number.parseInt(mapped[1] ?? "0", 16);
  const low = Number.parseInt(mapped[2] ?? "0", 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/**
 * Tells whether a host can only be this machine: a loopback address, or a name reserved for it (RFC 6761).
 *
 * @param host Host of an {@link HttpTarget}.
 * @returns `true` for `127.0.0.0/8`, `::1`, `localhost` and names below it.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."));
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
