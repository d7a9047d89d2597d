import { PolicyError } from "../errors.ts";
import { formatAddress, parseAddress } from "./addresses.ts";

/** A URL that policy can speak about: plain `http(s)`, one spelling. */
export interface ParsedUrl {
  /** The normalised text without fragment; what is fetched. */
  readonly url: string;
  /** The only two that are ever fetched. */
  readonly scheme: "http" | "https";
  /** Lower case, punycode, no trailing dot; an IP in canonical form, without brackets. */
  readonly host: string;
  /** Explicit or the scheme's own, 1 to 65,535. */
  readonly port: number;
}

/** The longest URL in UTF-8 bytes. */
export const MAX_URL_BYTES = 8192;

/**
 * Reads a URL (WHATWG) and refuses every spelling whose parts two readers could see differently.
 *
 * @example
 * ```ts
 * parseUrl("HTTPS://Docs.Example.com.:443/a"); // { host: "docs.example.com", port: 443, … }
 * ```
 * @param input A URL, untrusted.
 * @returns Scheme, host and port in canonical form, and the URL made of them.
 * @throws {PolicyError} `URL_INVALID` for other schemes, user-info, backslashes, blanks, control characters, a percent
 * sign in the host, port 0, or anything that is no URL.
 */
export function parseUrl(input: string): ParsedUrl {
  const authority = checkText(input);
  if (!URL.canParse(input)) throw invalid("it is not a URL");
  const url = new URL(input);
  const scheme = url.protocol === "https:" ? "https" : "http";
  const host = canonicalHost(url.hostname);
  if (host === null) throw invalid(`the host "${shown(authority)}" is not a name or address`);
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  if (port === 0) throw invalid("port 0 cannot be connected to");
  url.hostname = host.includes(":") ? `[${host}]` : host;
  url.hash = "";
  return { url: url.href, scheme, host, port };
}

/**
 * Reads a host as it stands in a rule, a flag or a URL.
 *
 * @param text A name or an IP address, IPv6 with or without brackets.
 * @returns The canonical form, or `null` when it is no host.
 */
export function parseHost(text: string): string | null {
  if (text === "" || text.length > 255 || /[\s\p{Cc}\p{Cf}%@/?#\\]/u.test(text)) return null;
  const address = parseAddress(/^\[.*\]$/.test(text) ? text.slice(1, -1) : text);
  if (address !== null) return formatAddress(address);
  const candidate = `http://${text}/`;
  // What is left has no colon: a port is not part of a host, and an address would have been read above.
  return !text.includes(":") && URL.canParse(candidate) ? canonicalHost(new URL(candidate).hostname) : null;
}

/** Refuses ambiguous text before any parser guesses, and gives the authority as it was spelled. */
function checkText(input: string): string {
  if (input.length > MAX_URL_BYTES || Buffer.byteLength(input) > MAX_URL_BYTES) {
    throw invalid(`it is longer than ${MAX_URL_BYTES} bytes`);
  }
  if (!input.isWellFormed()) throw invalid("it is not well-formed text");
  // Threat: the URL standard drops tab and newline anywhere, so that `ht\ntps://go\nod` reads differently elsewhere.
  if (/[\p{Cc}\p{Cf}]/u.test(input)) throw invalid("it holds a control character");
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(input);
  const scheme = parts?.[1]?.toLowerCase();
  if (scheme !== "http" && scheme !== "https") {
    throw invalid(
      "only http:// and https:// can be fetched",
      "write the whole URL, e.g. https://docs.example.com/page",
    );
  }
  const authority = parts?.[2] ?? "";
  // Threat: the standard reads `https:///evil.example` as if the third slash were not there.
  if (authority === "") throw invalid("it names no host");
  // Threat: the standard reads `\` as `/`, other clients as part of the host: `https://evil.example\@good.example`.
  if (/^[^?#]*\\/.test(input)) throw invalid("it holds a backslash");
  // Threat: `https://good.example:443@evil.example/` goes to evil.example.
  if (authority.includes("@")) {
    throw invalid("it holds user-info before the host", "credentials go through a vault handle, see `secret`");
  }
  if (authority.includes("%")) throw invalid("it holds a percent sign in the host");
  if (/\s/u.test(authority) || /^\s|\s$/u.test(input)) throw invalid("it holds a blank around or in the host");
  return authority;
}

/** Strips brackets and one trailing dot, unwraps mapped addresses, checks label lengths (RFC 1035). */
function canonicalHost(hostname: string): string | null {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.toLowerCase();
  const address = parseAddress(bare);
  if (address !== null) return formatAddress(address);
  const name = bare.endsWith(".") ? bare.slice(0, -1) : bare;
  const dotted = parseAddress(name);
  if (dotted !== null) return formatAddress(dotted);
  if (name === "" || name.length > 253 || !/^[a-z0-9._-]+$/.test(name)) return null;
  return name.split(".").every((label) => label !== "" && label.length <= 63) ? name : null;
}

function invalid(seen: string, hint?: string): PolicyError {
  return new PolicyError("URL_INVALID", `Cannot use URL: ${seen}`, { hint });
}

/** Never more than the host: a query may carry a secret. */
function shown(authority: string): string {
  return authority.length > 80 ? `${authority.slice(0, 80).toWellFormed()}…` : authority;
}
