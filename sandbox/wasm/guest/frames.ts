// Messages between us and a process, as frames: two lengths (of the frame and of its JSON, big-endian, 32 bits), JSON,
// and the byte arrays that the JSON names. No serialiser of the runtime: what comes from the process is not trusted.

import { Buffer } from "node:buffer";

const HEAD = 8;

/** The most bytes that a frame may have unless its reader says less. */
export const MAX_FRAME: number = 384 * 1024 * 1024;

/**
 * Encodes a message.
 *
 * @param message Objects, lists, texts, numbers, booleans, `null`, `bigint` and byte arrays.
 * @returns The frame.
 */
export function encodeFrame(message: unknown): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  const json = Buffer.from(JSON.stringify(pack(message, blobs)));
  const size = blobs.reduce((sum, blob) => sum + blob.byteLength, json.byteLength);
  const frame = new Uint8Array(HEAD + size);
  const view = new DataView(frame.buffer);
  view.setUint32(0, size);
  view.setUint32(4, json.byteLength);
  frame.set(json, HEAD);
  let at = HEAD + json.byteLength;
  for (const blob of blobs) {
    frame.set(blob, at);
    at += blob.byteLength;
  }
  return frame;
}

/**
 * Tells how long a frame is.
 *
 * @param head Its first bytes, at least {@link FRAME_HEAD}.
 * @returns Bytes of the whole frame.
 */
export function frameLength(head: Uint8Array): number {
  return HEAD + new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
}

/** Bytes that {@link frameLength} needs. */
export const FRAME_HEAD: number = HEAD;

/**
 * Decodes a frame.
 *
 * @param frame One whole frame; the message holds copies of its bytes.
 * @returns The message.
 * @throws {TypeError} For anything that {@link encodeFrame} does not write.
 */
export function decodeFrame(frame: Uint8Array): unknown {
  const jsonLength = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(4);
  const end = HEAD + jsonLength;
  if (end > frame.byteLength) throw new TypeError("a frame is shorter than it says");
  const json = Buffer.from(frame.buffer, frame.byteOffset + HEAD, jsonLength).toString("utf8");
  let at = end;
  function blob(length: number): Uint8Array {
    if (!Number.isSafeInteger(length) || length < 0 || at + length > frame.byteLength) {
      throw new TypeError("a frame lacks bytes");
    }
    at += length;
    // Not `slice`: that of a `Buffer` would share its memory.
    return new Uint8Array(frame.subarray(at - length, at));
  }
  return unpack(JSON.parse(json), blob);
}

// Keys that no WIT record can have mark what JSON does not know.
const BYTES = "\u0000b";
const BIG = "\u0000n";

function pack(value: unknown, blobs: Uint8Array[]): unknown {
  if (value instanceof Uint8Array) {
    blobs.push(value);
    return { [BYTES]: value.byteLength };
  }
  if (typeof value === "bigint") return { [BIG]: String(value) };
  if (Array.isArray(value)) return value.map((member) => pack(member, blobs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, pack(member, blobs)]));
}

function unpack(value: unknown, blob: (length: number) => Uint8Array): unknown {
  if (Array.isArray(value)) return value.map((member) => unpack(member, blob));
  if (typeof value !== "object" || value === null) return value;
  const members = new Map<string, unknown>(Object.entries(value));
  if (members.has(BYTES)) return blob(Number(members.get(BYTES)));
  if (members.has(BIG)) return BigInt(String(members.get(BIG)));
  return Object.fromEntries([...members].map(([name, member]) => [name, unpack(member, blob)]));
}
