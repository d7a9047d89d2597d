import { concatBytes } from "../../core/mod.ts";
import { decodeFrame, FRAME_HEAD, frameLength, MAX_FRAME } from "./guest/frames.ts";

/** Puts frames together again. */
export interface FrameReader {
  /** Takes what came in. */
  add(chunk: Uint8Array): void;
}

/**
 * Creates a reader of frames.
 *
 * @param to Takes messages; `broken` is called once, for what is no frame, and nothing comes after it.
 * @returns The reader.
 */
export function createFrameReader(
  to: { readonly message: (message: unknown) => void; readonly broken: () => void },
): FrameReader {
  let held: Uint8Array[] = [];
  let size = 0;
  let wanted = FRAME_HEAD;
  let broken = false;
  function fail(): void {
    broken = true;
    held = [];
    to.broken();
  }
  return {
    add(chunk) {
      if (broken) return;
      held.push(chunk);
      size += chunk.byteLength;
      // Joined only when a frame is whole: a large one does not get copied for each of its pieces.
      while (size >= wanted && !broken) {
        const all = held.length === 1 ? held[0] ?? new Uint8Array() : concatBytes(held);
        held = [all];
        wanted = frameLength(all);
        if (wanted > MAX_FRAME) return fail();
        if (size < wanted) return;
        const frame = all.subarray(0, wanted);
        held = size === wanted ? [] : [all.subarray(wanted)];
        size -= wanted;
        wanted = FRAME_HEAD;
        try {
          const message = decodeFrame(frame);
          to.message(message);
        } catch {
          return fail();
        }
      }
    },
  };
}
