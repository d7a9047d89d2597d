import type { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";

/** stdin, read for the protocol. */
export interface ProtocolIn {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves when the client has sent its last byte, whether or not all of it was taken in. */
  readonly ended: Promise<void>;
  /** `true` once a message had more than the most bytes: the library closes the connection without a word. */
  readonly tooLong: boolean;
}

/** What may wait to be taken in: the end of the input is seen beyond it. */
const MAX_WAITING_BYTES = 32 * 1_048_576;

/**
 * Reads stdin ahead of what is taken in.
 *
 * Threat: a client that reads no answers holds up what reads its messages; the end of its input would never be seen, and
 * a process would stay behind.
 *
 * @param stdin The stream.
 * @param maxMessageBytes The most bytes of one message.
 * @returns The way in.
 */
export function readAhead(stdin: Readable, maxMessageBytes: number): ProtocolIn {
  const ended = Promise.withResolvers<void>();
  let length = 0;
  let tooLong = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller): void {
      stdin.on("data", (chunk: Uint8Array) => {
        const last = chunk.lastIndexOf(10);
        length = last < 0 ? length + chunk.length : chunk.length - last - 1;
        if (length > maxMessageBytes) tooLong = true;
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) stdin.pause();
      });
      function end(): void {
        ended.resolve();
        try {
          controller.close();
        } catch {
          // Closed by its reader, or by the other of the two events.
        }
      }
      stdin.once("end", end);
      stdin.once("error", end);
      stdin.once("close", end);
    },
    pull(): void {
      stdin.resume();
    },
    cancel(): void {
      stdin.destroy();
    },
  }, { highWaterMark: MAX_WAITING_BYTES, size: (chunk) => chunk?.length ?? 0 });
  return {
    stream,
    ended: ended.promise,
    get tooLong(): boolean {
      return tooLong;
    },
  };
}
