import type { Random } from "../../core/mod.ts";

/**
 * Names a temporary file next to its target, e.g. `.az-9f86d081884c7d65`.
 *
 * @param random 64 random bits.
 * @returns A name that nothing else has.
 */
export function tempName(random: Random): string {
  return `.az-${Buffer.from(random.bytes(8)).toString("hex")}`;
}
