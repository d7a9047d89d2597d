import { Transform, type TransformCallback } from "node:stream";

/** How the end of a request's body is found (RFC 9112, section 6). */
export type BodyFrame =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

const MAX_LINE = 4096;

/**
 * Passes the body of one request on, byte for byte, and nothing behind it.
 *
 * Threat: a second request behind the first one, which would reach the origin unjudged and unrecorded.
 *
 * @param frame How the end is found.
 * @returns A stream that swallows what follows the body and fails when the framing is broken.
 */
export function createBodyPass(frame: BodyFrame): Transform {
  const state: PassState = frame.kind === "length"
    ? { at: "data", left: frame.bytes, last: true, line: "" }
    : { at: "size", left: 0, last: false, line: "" };
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done: TransformCallback): void {
      const end = take(state, chunk);
      if (end === null) done(new TypeError("Cannot send body: its chunks are not well-formed"));
      else done(null, chunk.subarray(0, end));
    },
  });
}

interface PassState {
  at: "size" | "data" | "data-end" | "trailer" | "over";
  left: number;
  /** Is this the only piece, as with a length? */
  readonly last: boolean;
  line: string;
}

// Gives how many bytes of the chunk belong to the body, or `null` when they make no sense.
function take(state: PassState, chunk: Uint8Array): number | null {
  let at = 0;
  while (at < chunk.length && state.at !== "over") {
    if (state.at === "data") {
      const step = Math.min(state.left, chunk.length - at);
      at += step;
      state.left -= step;
      if (state.left > 0) return at;
      state.at = state.last ? "over" : "data-end";
      continue;
    }
    state.line += String.fromCharCode(chunk[at++] ?? 0);
    if (state.line.length > MAX_LINE) return null;
    if (!state.line.endsWith("\n")) continue;
    if (!state.line.endsWith("\r\n") || !endLine(state, state.line.slice(0, -2))) return null;
    state.line = "";
  }
  return at;
}

function endLine(state: PassState, line: string): boolean {
  if (state.at === "data-end") {
    state.at = "size";
    return line === "";
  }
  if (state.at === "trailer") {
    if (line === "") state.at = "over";
    return true;
  }
  // No chunk extensions: two readers do not agree on them.
  if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) return false;
  state.left = Number.parseInt(line, 16);
  state.at = state.left === 0 ? "trailer" : "data";
  return true;
}
