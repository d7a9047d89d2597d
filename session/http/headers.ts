import { parseSlot, type SecretBytes, type Slot } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";

/** A header as a pair of name and value. */
export type Header = readonly [name: string, value: string];

/** How a secret value becomes a header: the slot of its binding, and the binding's format for `header:NAME`. */
export interface SecretSlot {
  /** `bearer`, `basic:USER` or `header:NAME`. */
  readonly inject: string;
  /** Text with one `{}` for the value, e.g. `token {}`; `null` for the value alone. */
  readonly format: string | null;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const VALUE = /^[\x20-\x7e\t]*$/;
const MAX_HEADERS = 32;
const MAX_BYTES = 16_384;

/** Headers that decide where a request goes or how it is framed; only the transport sets them. */
const RESERVED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);

const USUAL: readonly Header[] = [["user-agent", "agentzero"], ["accept", "*/*"]];

/**
 * Checks headers that somebody else wants to send.
 *
 * @param headers Names and values.
 * @returns The same with lower-case names.
 * @throws {SessionError} `ARGS_INVALID` for a name or value that is not plain ASCII, that frames or routes the request,
 * that is given twice, or for too many.
 */
export function checkHeaders(headers: readonly Header[]): readonly Header[] {
  const seen = new Set<string>();
  let bytes = 0;
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    bytes += name.length + value.length;
    // Threat: a line end inside a value starts a header, or a request, of the writer's choice.
    if (!NAME.test(name) || !VALUE.test(value)) throw invalid(given, "names and values are printable ASCII");
    if (RESERVED.has(name) || name.startsWith("proxy-") || name.startsWith("sec-")) {
      throw invalid(given, "it is set by AgentZero only");
    }
    if (seen.has(name)) throw invalid(given, "it is given twice");
    seen.add(name);
  }
  if (headers.length > MAX_HEADERS || bytes > MAX_BYTES) {
    throw new SessionError("ARGS_INVALID", `Cannot send headers: at most ${MAX_HEADERS} and ${MAX_BYTES} bytes`);
  }
  return headers.map(([name, value]) => [name.toLowerCase(), value] as const);
}

function invalid(name: string, why: string): SessionError {
  return new SessionError("ARGS_INVALID", `Cannot send header "${name.slice(0, 64)}": ${why}`);
}

/**
 * Adds the headers that our requests have unless something else was asked for.
 *
 * @param headers Checked, with lower-case names.
 * @returns `user-agent` and `accept` where they were missing, then the given ones.
 */
export function withUsualHeaders(headers: readonly Header[]): readonly Header[] {
  const given = new Set(headers.map(([name]) => name));
  return [...USUAL.filter(([name]) => !given.has(name)), ...headers];
}

/**
 * Names the header that a slot fills.
 *
 * @param inject Slot of a binding.
 * @returns The lower-case name, or `null` for a slot that is no header of ours to fill.
 */
export function headerOfSlot(inject: string): string | null {
  const slot = slotOf(inject);
  if (slot?.kind === "bearer" || slot?.kind === "basic") return "authorization";
  if (slot?.kind !== "header" || RESERVED.has(slot.name) || /^(proxy|sec)-/.test(slot.name)) return null;
  return slot.name;
}

function slotOf(inject: string): Slot | null {
  try {
    return parseSlot(inject);
  } catch {
    return null;
  }
}

/**
 * Makes the header that carries a secret, at the last moment before sending. The string it returns cannot be wiped:
 * the caller hands it to the socket and lets go of it.
 *
 * @param slot Where the value goes.
 * @param value The value on loan.
 * @returns Name and value.
 * @throws {SessionError} `SECRET_PLACE` for a slot that is no header and for a value that cannot stand in one.
 */
export function secretHeader(slot: SecretSlot, value: SecretBytes): Header {
  const name = headerOfSlot(slot.inject);
  if (name === null) {
    throw new SessionError("SECRET_PLACE", `Cannot use secret: "${slot.inject}" is not an HTTP header`);
  }
  const text = value.use((bytes) => {
    // Threat: a stored value with a line end would add headers of its own.
    if (bytes.length === 0 || bytes.some((byte) => byte < 0x20 || byte > 0x7e)) {
      throw new SessionError("SECRET_PLACE", "Cannot use secret: the value cannot stand in a header", {
        hint: "only printable ASCII without line ends; set it again with `agentzero vault set --update`",
      });
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  });
  return [name, format(slot, text)];
}

function format(secret: SecretSlot, text: string): string {
  const slot = slotOf(secret.inject);
  if (slot?.kind === "bearer") return `Bearer ${text}`;
  if (slot?.kind === "basic") return `Basic ${Buffer.from(`${slot.user}:${text}`, "latin1").toString("base64")}`;
  if (secret.format === null) return text;
  const [before, after, ...more] = secret.format.split("{}");
  if (before === undefined || after === undefined || more.length > 0 || !VALUE.test(secret.format)) {
    throw new SessionError("SECRET_PLACE", "Cannot use secret: the format of its binding needs exactly one {}");
  }
  return `${before}${text}${after}`;
}
