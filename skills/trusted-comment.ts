import type { Digest } from "../core/mod.ts";

/** What the signed comment of a package says: `azs1 id=NS/NAME v=VERSION seq=N b2=<64 hex> perm=<64 hex>`. */
export interface TrustedComment {
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** The part of the id before the slash. */
  readonly namespace: string;
  /** Version of the skill. */
  readonly version: string;
  /** Number of the release. */
  readonly seq: number;
  /** Digest of the archive. */
  readonly b2: Digest;
  /** Digest of the permissions. */
  readonly perm: Digest;
}
