import { CoreError, parseSlot, type SecretBytes } from "../../core/mod.ts";
import type { EgressSecret } from "./egress.ts";

/** A header as name and value. */
export type Header = readonly [name: string, value: string];

/** A value on loan, with the text that stands for it inside. */
export interface HeldSecret {
  /** Variable that holds the placeholder. */
  readonly env: string;
  readonly handle: string;
  /** `azph_<random>`. */
  readonly placeholder: string;
  readonly value: SecretBytes;
}

/** A place in a request where a value belongs. */
export interface Swap {
  /** Index of the header. */
  readonly at: number;
  readonly secret: EgressSecret;
  readonly held: HeldSecret;
}

/** What of a request stands for values, or why it cannot go out. */
export type Located =
  | { readonly ok: true; readonly swaps: readonly Swap[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Finds the placeholders of a request that stand exactly where their value belongs.
 *
 * Threat: a placeholder in another header, in the path or for another host, where the value would be seen by whoever
 * reads there. Such a request is refused with the reason, since it could only fail.
 *
 * @param request Path with query, and headers.
 * @param secrets What the rule of its origin allows.
 * @param held Every placeholder of the lease.
 * @returns The places.
 */
export function locateSecrets(
  request: { readonly path: string; readonly headers: readonly Header[] },
  secrets: readonly EgressSecret[],
  held: readonly HeldSecret[],
): Located {
  const swaps: Swap[] = [];
  for (const [at, header] of request.headers.entries()) {
    const swap = swapOf(at, header, { secrets, held });
    if (swap !== null) swaps.push(swap);
  }
  const others = [request.path, ...request.headers.filter((_, at) => !swaps.some((swap) => swap.at === at)).flat()];
  const stray = held.find(({ placeholder }) => others.some((text) => carries(text, placeholder)));
  if (stray === undefined) return { ok: true, swaps };
  const slots = secrets.filter(({ env }) => env === stray.env).map(({ slot }) => slot);
  const where = slots.length === 0 ? "it is not bound to this host" : `here it is bound as ${slots.join(", ")}`;
  return { ok: false, reason: `the value of ${stray.env} cannot stand there: ${where}` };
}

/**
 * Puts the values in, at the last moment. The text it returns cannot be wiped: it goes to the socket and nowhere else.
 *
 * @param headers Headers of the request.
 * @param swaps What {@link locateSecrets} found.
 * @returns Headers with values.
 */
export function swapSecrets(headers: readonly Header[], swaps: readonly Swap[]): readonly Header[] {
  return headers.map((header, at) => {
    const swap = swaps.find((one) => one.at === at);
    return swap === undefined ? header : [header[0], filled(swap.secret, textOf(swap.held.value))];
  });
}

/**
 * Checks that a value can stand in a header.
 *
 * @param value The value on loan.
 * @throws {CoreError} `SECRET_PLACE` for anything but printable ASCII.
 */
export function checkHeaderValue(value: SecretBytes): void {
  // Threat: a stored value with a line end would add headers, or a request, of its own.
  const fits = value.use((bytes) => bytes.length > 0 && bytes.every((byte) => byte >= 0x20 && byte <= 0x7e));
  if (fits) return;
  throw new CoreError("SECRET_PLACE", "Cannot use secret: its value cannot stand in a header", {
    hint: "only printable ASCII without line ends; set it again with `agentzero vault set --update`",
  });
}

function swapOf(
  at: number,
  [name, value]: Header,
  known: { readonly secrets: readonly EgressSecret[]; readonly held: readonly HeldSecret[] },
): Swap | null {
  for (const secret of known.secrets) {
    const held = known.held.find((one) => one.env === secret.env && one.handle === secret.handle);
    if (held === undefined || headerName(secret.slot) !== name.toLowerCase()) continue;
    if (sameValue(value, filled(secret, held.placeholder))) return { at, secret, held };
  }
  return null;
}

// Schemes of `Authorization` have no case, and one blank or more behind them.
function sameValue(given: string, expected: string): boolean {
  const [, scheme = "", rest = ""] = /^(bearer|basic) +(.*)$/i.exec(given) ?? [];
  if (scheme === "") return given === expected;
  const named = scheme.toLowerCase() === "bearer" ? "Bearer" : "Basic";
  return `${named} ${rest}` === expected;
}

function carries(text: string, placeholder: string): boolean {
  if (text.includes(placeholder)) return true;
  const [, coded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(text) ?? [];
  return coded !== undefined && Buffer.from(coded, "base64").toString("latin1").includes(placeholder);
}

function headerName(slot: string): string | null {
  const parsed = parseSlot(slot);
  switch (parsed.kind) {
    case "bearer":
    case "basic":
      return "authorization";
    case "header":
      return parsed.name;
    case "env":
    case "component":
      return null;
    default:
      return parsed satisfies never;
  }
}

function filled({ slot, format }: EgressSecret, text: string): string {
  const parsed = parseSlot(slot);
  if (parsed.kind === "bearer") return `Bearer ${text}`;
  if (parsed.kind === "basic") return `Basic ${Buffer.from(`${parsed.user}:${text}`, "latin1").toString("base64")}`;
  if (format === null) return text;
  const [before = "", after = ""] = format.split("{}");
  return `${before}${text}${after}`;
}

function textOf(value: SecretBytes): string {
  return value.use((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"));
}
