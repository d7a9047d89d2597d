import type { Readable } from "node:stream";
import { CliError } from "../errors.ts";

/** How much is read, and how long to wait for the first byte. */
export interface ReadBounds {
  readonly maxBytes: number;
  /** `null` waits for ever. */
  readonly firstByteMs: number | null;
}

/**
 * Reads a stream to its end.
 *
 * @param stream Standard input.
 * @param bounds Size and patience.
 * @param signal Ends the wait.
 * @returns The bytes, or `null` when none had arrived in time.
 * @throws {CliError} `INPUT_TOO_LARGE` above `maxBytes`, `INTERRUPTED` when `signal` aborts first.
 */
export function readStream(stream: Readable, bounds: ReadBounds, signal: AbortSignal): Promise<Uint8Array | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | null>();
  if (signal.aborted) return Promise.reject(interrupted());
  const chunks: Uint8Array[] = [];
  let size = 0;
  const timer = bounds.firstByteMs === null ? null : setTimeout(() => settle(() => resolve(null)), bounds.firstByteMs);

  function settle(report: () => void): void {
    if (timer !== null) clearTimeout(timer);
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.off("error", onError);
    signal.removeEventListener("abort", onAbort);
    stream.pause();
    report();
  }
  function onData(chunk: unknown): void {
    if (timer !== null) clearTimeout(timer);
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    chunks.push(bytes);
    if (size > bounds.maxBytes) settle(() => reject(tooLarge(bounds.maxBytes)));
  }
  function onEnd(): void {
    settle(() => resolve(Uint8Array.from(Buffer.concat(chunks))));
  }
  function onError(cause: unknown): void {
    settle(() => reject(new CliError("INPUT_INVALID", "Cannot read standard input: reading failed", { cause })));
  }
  function onAbort(): void {
    settle(() => reject(interrupted()));
  }

  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("error", onError);
  signal.addEventListener("abort", onAbort, { once: true });
  if (stream.readableEnded) onEnd();
  return promise;
}

function tooLarge(maxBytes: number): CliError {
  return new CliError("INPUT_TOO_LARGE", `Cannot read standard input: more than ${maxBytes} bytes`, {
    hint: "pass a smaller input",
  });
}

function interrupted(): CliError {
  return new CliError("INTERRUPTED", "Cannot read standard input: interrupted");
}
