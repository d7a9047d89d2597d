import {
  apply,
  Bytes,
  bytesTag,
  charCodeAt,
  decodeEscapes,
  escapeText,
  exec,
  fromCharCode,
  join,
  RealTypeError,
  subarray,
} from "./intrinsics.js";

// Arguments of one call: more would not fit the engine's stack.
const CHUNK = 8192;

/** UTF-8 of a text; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text) {
  const { length } = text;
  const out = new Bytes(length * 3);
  let at = 0;
  for (let i = 0; i < length; i++) {
    let code = apply(charCodeAt, text, [i]);
    if (code < 0x80) {
      out[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = code < 0xdc00 && i + 1 < length ? apply(charCodeAt, text, [i + 1]) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        i++;
      } else code = 0xfffd;
    }
    if (code < 0x800) out[at++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) out[at++] = 0xe0 | (code >> 12);
      else {
        out[at++] = 0xf0 | (code >> 18);
        out[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    out[at++] = 0x80 | (code & 0x3f);
  }
  return out.slice(0, at);
}

/** Text of UTF-8. The common case costs no step of ours a byte: the engine's own functions read UTF-8 out of escapes. */
export function decodeUtf8(bytes, fatal, keepBom) {
  const hasBom = bytes.length > 2 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const start = hasBom && !keepBom ? 3 : 0;
  const parts = [];
  for (let i = start; i < bytes.length; i += CHUNK) {
    parts[parts.length] = apply(fromCharCode, null, apply(subarray, bytes, [i, i + CHUNK]));
  }
  const latin = apply(join, parts, [""]);
  if (apply(exec, /[^\0-\x7f]/, [latin]) === null) return latin;
  try {
    return decodeEscapes(escapeText(latin));
  } catch {
    if (fatal) throw new RealTypeError("The encoded data is not valid UTF-8");
    return decodeLeniently(bytes, start);
  }
}

// Each malformed part becomes one U+FFFD, cut as the Encoding standard cuts.
function decodeLeniently(bytes, start) {
  const parts = [];
  let units = [];
  const { length } = bytes;
  let i = start;
  while (i < length) {
    const lead = bytes[i++];
    let code = lead;
    if (lead >= 0x80) {
      const more = lead >= 0xc2 && lead < 0xe0
        ? 1
        : lead >= 0xe0 && lead < 0xf0
        ? 2
        : lead >= 0xf0 && lead < 0xf5
        ? 3
        : 0;
      code = more === 1 ? lead & 0x1f : more === 2 ? lead & 0x0f : lead & 0x07;
      let seen = 0;
      while (seen < more && i < length && (bytes[i] & 0xc0) === 0x80 && !(seen === 0 && isForbidden(lead, bytes[i]))) {
        code = (code << 6) | (bytes[i++] & 0x3f);
        seen++;
      }
      if (more === 0 || seen < more) code = 0xfffd;
    }
    if (code >= 0x10000) {
      units[units.length] = 0xd800 + ((code - 0x10000) >> 10);
      code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    units[units.length] = code;
    if (units.length >= CHUNK) {
      parts[parts.length] = apply(fromCharCode, null, units);
      units = [];
    }
  }
  parts[parts.length] = apply(fromCharCode, null, units);
  return apply(join, parts, [""]);
}

// Overlong forms, surrogates and what lies beyond the last character show in the second byte.
function isForbidden(lead, second) {
  return (lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f) || (lead === 0xf0 && second < 0x90) ||
    (lead === 0xf4 && second > 0x8f);
}

/** Tells a Uint8Array by what it is, not by what it says. */
export function isBytes(value) {
  return typeof value === "object" && value !== null && apply(bytesTag, value, []) === "Uint8Array";
}

/** A string argument; anything else would trap at the border. */
export function textArgument(value, what) {
  if (typeof value !== "string") throw new RealTypeError(`${what} must be a string`);
  return value;
}

/** Bytes as they are, a text as UTF-8. */
export function bytesArgument(value, what) {
  if (typeof value === "string") return encodeUtf8(value);
  if (isBytes(value)) return value;
  throw new RealTypeError(`${what} must be a Uint8Array or a string`);
}
