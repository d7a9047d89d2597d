import { Writable } from "node:stream";
import type { WritableStream } from "node:stream/web";

/** stdout, taken for the protocol. */
export interface ProtocolOut {
  readonly stream: WritableStream<Uint8Array>;
  /** Gives stdout back; drops what its reader does not take within `ms`. */
  release(ms: number): Promise<void>;
}

/**
 * Takes stdout for the protocol: whatever else writes to it from now on, a library first of all, goes to `stray`.
 *
 * @param stdout The stream.
 * @param stray Takes foreign output.
 * @returns The way out.
 */
export function takeStdout(stdout: NodeJS.WriteStream, stray: (text: string) => void): ProtocolOut {
  const write = stdout.write.bind(stdout);
  let unsent = 0;
  let drained: (() => void) | null = null;
  const own = new Writable({
    decodeStrings: false,
    write(chunk: Uint8Array, _encoding, done): void {
      unsent++;
      write(chunk, (cause) => {
        unsent--;
        if (unsent === 0) drained?.();
        done(cause);
      });
    },
  });
  // A reader that went away ends the process by itself; here it ends nothing.
  own.on("error", () => undefined);
  stdout.write = (chunk: unknown, ...rest: readonly unknown[]): boolean => {
    stray(typeof chunk === "string" ? chunk : chunk instanceof Uint8Array ? new TextDecoder().decode(chunk) : "");
    const done = rest.find((each) => typeof each === "function");
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
  return {
    stream: Writable.toWeb(own),
    async release(ms): Promise<void> {
      if (unsent > 0) {
        await new Promise<void>((resolve) => {
          drained = resolve;
          setTimeout(resolve, ms).unref();
        });
      }
      stdout.write = write;
      // Threat: a client that holds the pipe and reads nothing keeps a process for ever.
      if (unsent > 0) stdout.destroy();
    },
  };
}
