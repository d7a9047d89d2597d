import { Writable } from "node:stream";
import type { WritableStream } from "node:stream/web";
import { callbackify } from "node:util";

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
  const send = directWriter((cause) => void stdout.emit("error", lostReader(cause))) ?? write;
  let unsent = 0;
  let drained: (() => void) | null = null;
  const own = new Writable({
    decodeStrings: false,
    write(chunk: Uint8Array, _encoding, done): void {
      unsent++;
      send(chunk, (cause) => {
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

/** Takes a chunk; `done` is called when its reader has it, or with what went wrong. */
type Send = (chunk: Uint8Array, done: (cause?: Error | null) => void) => void;

/**
 * Threat: a client that reads nothing. Deno writes to a pipe on the thread that everything else runs on, and would stand
 * still there, deaf to signals and to the end of its input; a call of its own writes beside it.
 */
function directWriter(lost: (cause: unknown) => void): Send | null {
  const deno: unknown = Reflect.get(globalThis, "Deno");
  if (typeof deno !== "object" || deno === null || !("stdout" in deno)) return null;
  const { stdout } = deno;
  if (typeof stdout !== "object" || stdout === null || !("write" in stdout)) return null;
  const { write } = stdout;
  if (typeof write !== "function") return null;
  return callbackify(async (chunk: Uint8Array): Promise<void> => {
    try {
      for (let sent = 0; sent < chunk.length;) {
        // oxlint-disable-next-line no-await-in-loop -- one byte after the other
        sent += Number(await Reflect.apply(Object(write), stdout, [chunk.subarray(sent)]));
      }
    } catch (cause) {
      lost(cause);
      throw cause;
    }
  });
}

/** As the stream itself would say it. */
function lostReader(cause: unknown): Error {
  return Object.assign(cause instanceof Error ? cause : new Error("Cannot write"), { code: "EPIPE" });
}
