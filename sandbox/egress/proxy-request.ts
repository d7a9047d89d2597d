import type { BodyFrame } from "./body-frame.ts";
import { parseHost } from "./egress.ts";
import type { Header } from "./swap-secrets.ts";

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
  readonly plain: PlainRequest | null;
}

/** A request of plain HTTP, without what was meant for the proxy. */
export interface PlainRequest {
  /** Path with query; starts with `/`. */
  readonly path: string;
  /** Headers in their order, without those between neighbours. */
  readonly headers: readonly Header[];
  readonly body: BodyFrame;
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
    return rule === null ? null : { method, host: rule.host, port: rule.port, authorization, plain: null };
  }
  const [, authority, path = ""] = /^http:\/\/([^/?#@]+)((?:[/?][^#]*)?)$/i.exec(target) ?? [];
  const rule = authority === undefined ? null : parseHost(authority.includes(":") ? authority : `${authority}:80`);
  const body = frameOf(headers);
  if (rule === null || body === null) return null;
  return {
    method,
    host: rule.host,
    port: rule.port,
    authorization,
    plain: {
      path: path.startsWith("/") ? path : `/${path}`,
      headers: headers.filter(([name]) => !HOP_HEADERS.has(name.toLowerCase())),
      body,
    },
  };
}

/**
 * Writes the head that the origin gets.
 *
 * @param request The request.
 * @param headers Its headers, with values where placeholders stood.
 * @returns The head with its empty line.
 */
export function originHead(
  request: ProxyRequest & { readonly plain: PlainRequest },
  headers: readonly Header[],
): Buffer {
  const { method, host, port, plain } = request;
  // One request a connection: the next one must come through here again.
  const lines = [
    `${method} ${plain.path} HTTP/1.1`,
    `Host: ${port === 80 ? host : `${host}:${port}`}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "Connection: close",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

// Threat: a body whose end we and the origin see at different places.
function frameOf(headers: readonly Header[]): BodyFrame | null {
  const lengths = headers.filter(([name]) => name.toLowerCase() === "content-length").map(([, value]) => value);
  const codings = headers.filter(([name]) => name.toLowerCase() === "transfer-encoding").map(([, value]) => value);
  if (codings.length > 0) {
    return lengths.length === 0 && codings.length === 1 && codings[0]?.toLowerCase() === "chunked"
      ? { kind: "chunked" }
      : null;
  }
  const [length = "0"] = lengths;
  return lengths.length <= 1 && /^\d{1,15}$/.test(length) ? { kind: "length", bytes: Number(length) } : null;
}

function parseHeaders(lines: readonly string[]): readonly Header[] | null {
  const headers: Header[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    if (!TOKEN.test(name)) return null;
    headers.push([name, line.slice(colon + 1).trim()]);
  }
  return headers;
}
