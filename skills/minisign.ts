/** A public key of minisign: `Ed`, eight bytes of id, 32 bytes of key. */
export interface PublicSigningKey {
  /** Eight bytes, the signer's free choice: look up by it, decide by the whole key. */
  readonly id: Uint8Array;
  /** 32 bytes, Ed25519. */
  readonly key: Uint8Array;
  /** The 42 bytes in base64, as the second line of a `.pub` file has them: the one name of the whole key. */
  readonly text: string;
}

/** A detached signature of minisign, parsed; nothing was verified. */
export interface MinisignSignature {
  /** Eight bytes. */
  readonly keyId: Uint8Array;
  /** 64 bytes over BLAKE2b-512 of the file. */
  readonly signature: Uint8Array;
  /** What only the reader sees. */
  readonly untrustedComment: string;
  /** What `globalSignature` covers. */
  readonly trustedComment: string;
  /** 64 bytes over signature and trusted comment. */
  readonly globalSignature: Uint8Array;
}
