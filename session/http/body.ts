import type { Duplex, Readable } from "node:stream";
import type { SessionError } from "../errors.ts";
import { faultOf, HttpFault } from "./fault.ts";
import { reasonOf, type Watch } from "./watch.ts";

/** How much of a body is taken, and how long it may stand still. */
export interface BodyLimits {
  /** Silence between two pieces, in ms. */
  readonly silenceMs: number;
  /** Bytes after decoding. */
  readonly maxBytes: number;
  /** Bytes without a line end, or `null` for any. */
  readonly maxLineBytes: number | null;
}

/**
 * Undoes the content encoding of a body.
 *
 * @param message The body as it arrives.
 * @param encoding Value of `content-encoding`; empty or `identity` for none.
 * @returns The decoded stream; what it decodes to is bounded by its reader.
 * @throws {HttpFault} For an encoding that nobody asked for and we do not know.
 */
export async function decodeBody(message: Readable, encoding: string): Promise<Readable> {
  const decoder = await decoderFor(encoding.trim().toLowerCase());
  if (decoder === null) return message;
  message.on("error", (cause) => decoder.destroy(cause));
  decoder.on("close", () => message.destroy());
  return message.pipe(decoder);
}

async function decoderFor(encoding: string): Promise<Duplex | null> {
  if (encoding === "" || encoding === "identity") return null;
  const { createBrotliDecompress, createGunzip, createInflate } = await import("node:zlib");
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new HttpFault("protocol", "read the answer", "it is encoded in a way that was not asked for");
  }
}

/**
 * Reads a body within limits. Lets go of it on every way out: the end, a limit, an error, or a reader that stops.
 *
 * @param source The decoded body.
 * @param rules Limits and the watch of the exchange.
 * @returns The pieces as they arrive.
 * @throws {SessionError} `HTTP_FAILED` for limits and a cut body, `CANCELLED`.
 */
export async function* readBody(
  source: Readable,
  rules: {
    readonly limits: BodyLimits;
    readonly watch: Watch;
    readonly where: string;
    /** Tells whether the message ended as its framing said. */
    complete(): boolean;
  },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { limits, watch, where } = rules;
  const meter = startMeter(limits, where);
  const pieces: AsyncIterator<unknown> = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await watch.guard(pieces.next());
      watch.rest();
      if (next.done === true) break;
      if (!(next.value instanceof Uint8Array)) continue;
      const over = meter(next.value);
      if (over !== null) throw over;
      yield next.value;
      watch.arm(
        limits.silenceMs,
        () => new HttpFault("silence", `read from ${where}`, `it sent nothing for ${limits.silenceMs / 1_000} s`),
      );
    }
    // Threat: a body that ends early and would pass for a whole one.
    if (!rules.complete()) throw new HttpFault("cut", `read from ${where}`, "the answer ended too early");
  } catch (cause) {
    throw watch.signal.aborted ? reasonOf(watch.signal) : faultOf(cause, where, "cut");
  } finally {
    source.destroy();
  }
}

/** Counts bytes and the length of the line under way; returns the fault once a limit is passed. */
function startMeter(limits: BodyLimits, where: string): (piece: Uint8Array) => SessionError | null {
  let total = 0;
  let line = 0;
  return (piece) => {
    total += piece.length;
    // Threat: an endless answer, or a small one that unpacks to a huge one.
    if (total > limits.maxBytes) {
      return new HttpFault("size", `read from ${where}`, `more than ${limits.maxBytes} bytes`);
    }
    if (limits.maxLineBytes === null) return null;
    // Threat: one line without an end, which a parser would buffer for ever.
    let start = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      line += end - start;
      if (line > limits.maxLineBytes) break;
      line = 0;
      start = end + 1;
    }
    if (line <= limits.maxLineBytes) line += piece.length - start;
    return line > limits.maxLineBytes
      ? new HttpFault("line", `read from ${where}`, `a line of more than ${limits.maxLineBytes} bytes`)
      : null;
  };
}
