import { readSync, writeSync } from "node:fs";
import { createGuestProgram } from "./guest-program.ts";
import { decodeFrame, encodeFrame, FRAME_HEAD, frameLength } from "./frames.ts";
import type { CallMessage, FromGuest, ReplyMessage, ToGuest } from "./messages.ts";
import { scrub } from "./scrub.ts";

// The program of a process without permissions: frames in on stdin, frames out on stdout, one thing at a time. It ends
// with its input, and by force.

const clock = performance;
const source = crypto;
const nap = new Int32Array(new SharedArrayBuffer(4));
const scrubbed = scrub(globalThis);

function read(length: number): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = readSome(bytes, at);
    if (count === 0) return null;
    at += count;
  }
  return bytes;
}

function readSome(bytes: Uint8Array, at: number): number {
  for (;;) {
    try {
      return readSync(0, bytes, at, bytes.byteLength - at, null);
    } catch (cause) {
      if (!isAgain(cause)) throw cause;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

function receive(): unknown {
  const head = read(FRAME_HEAD);
  if (head === null) return null;
  const rest = read(frameLength(head) - FRAME_HEAD);
  if (rest === null) return null;
  const frame = new Uint8Array(head.byteLength + rest.byteLength);
  frame.set(head);
  frame.set(rest, head.byteLength);
  return decodeFrame(frame);
}

function post(message: FromGuest): void {
  const frame = encodeFrame(message);
  let at = 0;
  while (at < frame.byteLength) {
    try {
      at += writeSync(1, frame, at, frame.byteLength - at);
    } catch (cause) {
      if (!isAgain(cause)) throw cause;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

function ask(call: CallMessage): ReplyMessage {
  post(call);
  const message = receive();
  // Threat: an answer of another call, sent again or made up, taken for this one's.
  if (isReply(message) && message.run === call.run && message.seq === call.seq) {
    if (message.stop !== null) stop = message.stop;
    return message;
  }
  throw new TypeError("an answer does not belong to this call");
}

let stop: ReplyMessage["stop"] = null;

async function serve(): Promise<void> {
  const program = createGuestProgram({
    channel: { post, ask, stopped: () => stop },
    scrubbed,
    mono: () => clock.now(),
    random: (count) => source.getRandomValues(new Uint8Array(count)),
    sleep: (ms) => void Atomics.wait(nap, 0, 0, ms),
  });
  for (;;) {
    const message = receive();
    if (message === null || !isOrder(message)) return;
    if (message.kind === "start") {
      stop = null;
      program.start(message);
      continue;
    }
    if (message.kind !== "load") return;
    try {
      // oxlint-disable-next-line no-await-in-loop -- one order at a time
      await program.load(message);
      post({ kind: "loaded" });
    } catch (cause) {
      post({ kind: "unloadable", reason: cause instanceof Error ? cause.message : "it cannot be loaded" });
    }
  }
}

await serve();

function isAgain(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "EAGAIN" || cause.code === "EWOULDBLOCK");
}

function isOrder(value: unknown): value is ToGuest {
  return typeof value === "object" && value !== null && "kind" in value;
}

function isReply(value: unknown): value is ReplyMessage {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "reply";
}
