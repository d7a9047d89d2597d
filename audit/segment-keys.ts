import { fromBase64, sodium, toBase64, unsealFrom } from "../core/mod.ts";
import { Ratchet, startRatchet } from "./ratchet.ts";
import type { HeaderRecord } from "./record.ts";

/** Finds the secret half of a reading key; `null` when it is locked or somebody else's. */
export type SecretOf = (kid: string) => Uint8Array | null;

/** What our keys make of a segment. */
export type SegmentKeys =
  | { readonly kind: "open"; readonly ratchet: Ratchet }
  /** None of the readers is us, or our key is locked. */
  | { readonly kind: "locked" }
  /** The box of our key does not hold the key that the header commits to. */
  | { readonly kind: "wrong" };

/**
 * Opens the keys of a segment.
 *
 * @param header The segment's header, untrusted.
 * @param secretOf Our reading keys.
 * @returns The ratchet before the first event, or why there is none.
 */
export function openSegmentKeys(header: HeaderRecord, secretOf: SecretOf): SegmentKeys {
  for (const { kid, w } of header.to) {
    const secretKey = secretOf(kid);
    if (secretKey === null) continue;
    const publicKey = sodium().crypto_scalarmult_base(secretKey);
    const srk = unsealFrom({ publicKey, secretKey }, fromBase64(w) ?? new Uint8Array());
    if (srk === null || srk.length !== 32) return { kind: "wrong" };
    const { ck, commit } = startRatchet(srk);
    // Threat: a writer that gives two readers two different keys, so that they see different events in one file.
    if (toBase64(commit) !== header.commit) return { kind: "wrong" };
    return { kind: "open", ratchet: new Ratchet(ck) };
  }
  return { kind: "locked" };
}
