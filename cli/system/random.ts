import { randomBytes } from "node:crypto";
import type { Random } from "../../core/mod.ts";

/** The machine's source of cryptographically strong bytes. */
export const systemRandom: Random = {
  // A copy: a Buffer may be a window on a pool that others see.
  bytes: (count) => Uint8Array.from(randomBytes(count)),
};
