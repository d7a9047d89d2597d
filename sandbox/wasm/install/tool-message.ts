import { concatBytes } from "../../../core/mod.ts";
import { SandboxError } from "../../errors.ts";

/** Puts a head and bytes together: length of the head, the head as JSON, the bytes. */
export function encodeToolMessage(head: object, parts: readonly Uint8Array[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return concatBytes([length, json, ...parts]);
}

/**
 * Takes head and bytes apart.
 *
 * @param message What came over a pipe.
 * @returns The head, not checked yet, and the bytes.
 * @throws {SandboxError} `SANDBOX_FAILED` for what is no message.
 */
export function decodeToolMessage(message: Uint8Array): { readonly head: unknown; readonly bytes: Uint8Array } {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const length = message.length < 4 ? Infinity : view.getUint32(0);
  if (length > message.length - 4) throw broken();
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(message.subarray(4, 4 + length)));
    return { head, bytes: message.subarray(4 + length) };
  } catch {
    throw broken();
  }
}

function broken(): SandboxError {
  return new SandboxError("SANDBOX_FAILED", "Cannot read component: the helper that reads it broke off");
}
