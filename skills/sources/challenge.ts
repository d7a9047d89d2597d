/** What a registry says about where to log in. */
export type Challenge =
  /** It says nothing of a token. */
  | { readonly kind: "none" }
  | {
    readonly kind: "bearer";
    /** Address of the place that gives tokens. */
    readonly realm: string;
    /** What the token is for, as that place calls it, or `null`. */
    readonly service: string | null;
  }
  | { readonly kind: "bad"; readonly why: string };

const MAX_CHARACTERS = 4096;
// RFC 9110: a token; a quoted string without escapes, which no registry needs.
const PARAMETER =
  /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"([^"\\]*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))[ \t]*(?:,|$)/;

/**
 * Reads the header `WWW-Authenticate` of an answer 401 (RFC 6750, as registries use it).
 *
 * @example
 * ```ts
 * parseChallenge('Bearer realm="https://auth.example.com/token",service="registry.example.com"');
 * // { kind: "bearer", realm: "https://auth.example.com/token", service: "registry.example.com" }
 * ```
 * @param header Its value; several challenges are joined by commas.
 * @returns The first challenge `Bearer`. What it says of a scope is not used: we ask for what we need.
 */
export function parseChallenge(header: string): Challenge {
  if (header.length > MAX_CHARACTERS) return bad(`it has more than ${MAX_CHARACTERS} characters`);
  // Threat: a line end or an escape sequence that travels on into a request, a question or a terminal.
  if (/[^\t\x20-\x7e]/.test(header)) return bad("it holds characters that no address has");
  const start = /(?:^|,)[ \t]*Bearer[ \t]+/i.exec(header);
  if (start === null) return { kind: "none" };
  const found = new Map<string, string>();
  let rest = header.slice(start.index + start[0].length);
  for (let match = PARAMETER.exec(rest); match !== null; match = PARAMETER.exec(rest)) {
    const name = (match[1] ?? "").toLowerCase();
    // Threat: two readers that take another one of them.
    if (found.has(name)) return bad(`it says "${name.slice(0, 40)}" twice`);
    found.set(name, match[2] ?? match[3] ?? "");
    rest = rest.slice(match[0].length);
  }
  // Another challenge may follow: it begins with a word that is no parameter.
  if (rest.trim() !== "" && !/^[ \t]*[A-Za-z][A-Za-z0-9-]*(?:[ \t]|$)/.test(rest)) return bad("it cannot be read");
  const realm = found.get("realm");
  if (realm === undefined || realm === "") return bad("it names no place");
  return { kind: "bearer", realm, service: found.get("service") ?? null };
}

function bad(why: string): Challenge {
  return { kind: "bad", why };
}
