import { parseHost } from "./egress.ts";

/** The most that the head of a request may have. */
export const MAX_HEAD_BYTES: number = 16 * 1024;

/** A request to the proxy. */
export interface ProxyRequest {
  /** Upper case. */
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, or an empty text. */
  readonly authorization: string;
  /** What is sent on to the origin, or `null` for a tunnel. */
  readonly head: Uint8Array | null;
}

const HOP_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Finds where the head of a request ends.
 *
 * @param bytes What has arrived.
 * @returns Index after the empty line, or -1.
 */
export function headEnd(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("\r\n\r\n");
  return at < 0 ? -1 : at + 4;
}

/**
 * Parses the head of a request to a proxy (RFC 9112): `CONNECT host:port`, or the absolute form of plain HTTP.
 *
 * Threat: a head that we and the origin read differently. Folded lines, bare line ends and odd names are refused.
 *
 * @param bytes The head with its empty line.
 * @returns The request, or `null` when it is not well-formed.
 */
export function parseProxyRequest(bytes: Uint8Array): ProxyRequest | null {
  const text = new TextDecoder("latin1").decode(bytes);
  const [first = "", ...lines] = text.slice(0, -4).split("\r\n");
  // No control character is left but tabs: every line end was CR LF.
  if ([first, ...lines].some((line) => /[^\t\x20-\x7e\x80-\xff]/.test(line))) return null;
  const [, method, target] = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (method === undefined || target === undefined) return null;
  const headers = parseHeaders(lines);
  if (headers === null) return null;
  const authorization = headers.find(([name]) => name.toLowerCase() === "proxy-authorization")?.[1] ?? "";
  if (method === "CONNECT") {
    const rule = parseHost(target);
    return rule === null ? null : { method, host: rule.host, port: rule.port, authorization, head: null };
  }
  const [, authority, path = ""] = /^http:\/\/([^/?#@]+)((?:[/?][^#]*)?)$/i.exec(target) ?? [];
  const rule = authority === undefined ? null : parseHost(authority.includes(":") ? authority : `${authority}:80`);
  if (rule === null) return null;
  const kept = headers.filter(([name]) => !HOP_HEADERS.has(name.toLowerCase()));
  const origin = rule.port === 80 ? rule.host : `${rule.host}:${rule.port}`;
  // One request a connection: the next one must come through here again.
  const head = [
    `${method} ${path.startsWith("/") ? path : `/${path}`} HTTP/1.1`,
    `Host: ${origin}`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    "Connection: close",
  ];
  return {
    method,
    host: rule.host,
    port: rule.port,
    authorization,
    head: Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"),
  };
}

function parseHeaders(lines: readonly string[]): readonly (readonly [string, string])[] | null {
  const headers: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    if (!TOKEN.test(name)) return null;
    headers.push([name, line.slice(colon + 1).trim()]);
  }
  return headers;
}
