import { withoutIgnored } from "./ignored.ts";

/** The ways a value may be spelled in a text. */
export const ENCODINGS = ["raw", "json", "url", "html", "shell", "hex", "base64", "base64url", "reversed"] as const;
/** One of {@link ENCODINGS}. */
export type Encoding = (typeof ENCODINGS)[number];

/** One spelling of a value, without the bytes that the scanner ignores. */
export interface Spelling {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
}

/**
 * Lists the spellings of a value that the scanner looks for, each once: as it is; escaped for JSON, URL, HTML and POSIX
 * shells; hex; base64 and base64url at the three alignments; reversed.
 *
 * @param value The value, any bytes.
 * @returns The spellings, the plain one first.
 */
export function spellingsOf(value: Uint8Array): readonly Spelling[] {
  const seen = new Set<string>();
  const spellings: Spelling[] = [];
  function add(encoding: Encoding, spelled: Uint8Array | string): void {
    const bytes = withoutIgnored(typeof spelled === "string" ? new TextEncoder().encode(spelled) : spelled);
    const key = Buffer.from(bytes).toString("latin1");
    if (bytes.length === 0 || seen.has(key)) return;
    seen.add(key);
    spellings.push({ encoding, bytes });
  }
  add("raw", value);
  const text = decode(value);
  if (text !== null) addEscaped(text, add);
  for (const spelled of urlSpellings(value)) add("url", spelled);
  const hex = Buffer.from(value).toString("hex");
  add("hex", hex);
  add("hex", hex.toUpperCase());
  for (const shift of [0, 1, 2]) {
    const aligned = alignedBase64(value, shift);
    add("base64", aligned);
    add("base64url", aligned.replaceAll("+", "-").replaceAll("/", "_"));
  }
  add("reversed", text === null ? value.toReversed() : Array.from(text).toReversed().join(""));
  return spellings;
}

function addEscaped(text: string, add: (encoding: Encoding, spelled: string) => void): void {
  for (const spelled of jsonSpellings(text)) add("json", spelled);
  for (const spelled of htmlSpellings(text)) add("html", spelled);
  for (const spelled of shellSpellings(text)) add("shell", spelled);
}

// What is in use: JSON.stringify; `\/` (PHP); `<` and its like (Go); all of non-ASCII escaped (Python), in both cases.
function jsonSpellings(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const html = plain.replaceAll(/[<>&\u2028\u2029]/g, unicodeEscape);
  const ascii = plain.replaceAll(/[^ -~]/g, unicodeEscape);
  const spelled = [plain, plain.replaceAll("/", "\\/"), html, ascii, ascii.replaceAll("/", "\\/")];
  return spelled.flatMap((
    form,
  ) => [form, form.replaceAll(/\\u[0-9a-f]{4}/g, (hex) => `\\u${hex.slice(2).toUpperCase()}`)]);
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function htmlSpellings(text: string): readonly string[] {
  const base = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quotes = [
    ["&quot;", "&#39;"],
    ["&#34;", "&#39;"],
    ["&quot;", "&#x27;"],
    ["&quot;", "&apos;"],
    ["&quot;", "'"],
    [
      '"',
      "'",
    ],
  ] as const;
  return quotes.map(([double, single]) => base.replaceAll('"', double).replaceAll("'", single));
}

function shellSpellings(text: string): readonly string[] {
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", "\\'"),
    text.replaceAll(/["$`\\]/g, "\\$&"),
    text.replaceAll(/["$`\\!]/g, "\\$&"),
    // As `printf %q` writes it.
    text.replaceAll(/[^A-Za-z0-9_@%+=:,./-]/g, "\\$&"),
  ];
}

// RFC 3986: unreserved characters as they are, all others as %XX; besides, what encodeURIComponent, encodeURI and
// Python's quote also leave as they are, `+` for a blank in forms, and every byte escaped.
function urlSpellings(value: Uint8Array): readonly string[] {
  const spelled: string[] = [];
  for (const upper of [true, false]) {
    for (const also of ["", "!'()*", "!'()*;,/?:@&=+$#", "/", "*"]) {
      const kept = new Set(new TextEncoder().encode(UNRESERVED + also));
      const needed = percent(value, (byte) => kept.has(byte), upper);
      spelled.push(needed, needed.replaceAll("%20", "+"));
    }
    spelled.push(percent(value, () => false, upper));
  }
  return spelled;
}

const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

function percent(value: Uint8Array, keep: (byte: number) => boolean, upper: boolean): string {
  let text = "";
  for (const byte of value) {
    const hex = byte.toString(16).padStart(2, "0");
    text += keep(byte) ? String.fromCharCode(byte) : `%${upper ? hex.toUpperCase() : hex}`;
  }
  return text;
}

// Base64 of the value behind `shift` unknown bytes: only the characters that the value alone decides.
function alignedBase64(value: Uint8Array, shift: number): string {
  const shifted = new Uint8Array(value.length + shift);
  shifted.set(value, shift);
  const firstFixed = Math.ceil((shift * 8) / 6);
  const endFixed = Math.floor((shifted.length * 8) / 6);
  return Buffer.from(shifted).toString("base64").slice(firstFixed, endFixed);
}

function decode(value: Uint8Array): string | null {
  try {
    // `ignoreBOM`: a byte order mark is part of the value.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return null;
  }
}
