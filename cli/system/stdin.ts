import type { Readable } from "node:stream";
import { CliError } from "../errors.ts";

/**
 * Reads a stream to its end.
 *
 * @param stream Standard input.
 * @param maxBytes Upper bound.
 * @param signal Ends the wait.
 * @returns The bytes.
 * @throws {CliError} `INPUT_TOO_LARGE` above `maxBytes`, `INTERRUPTED` when `signal` aborts first.
 */
export async function readStream(stream: Readable, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  function stop(): void {
    stream.destroy();
  }
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) throw interrupted();
    for await (const chunk of stream) {
      const bytes = chunkBytes(chunk);
      size += bytes.length;
      if (size > maxBytes) {
        throw new CliError("INPUT_TOO_LARGE", `Cannot read standard input: more than ${maxBytes} bytes`, {
          hint: "pass a smaller input",
        });
      }
      chunks.push(bytes);
    }
  } catch (cause) {
    if (signal.aborted && !(cause instanceof CliError)) throw interrupted();
    throw cause;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw interrupted();
  return Uint8Array.from(Buffer.concat(chunks));
}

function chunkBytes(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}

function interrupted(): CliError {
  return new CliError("INTERRUPTED", "Cannot read standard input: interrupted");
}
