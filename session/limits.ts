/** What one prompt may use. Configuration may lower a limit; only the user's own may raise one. */
export interface SessionLimits {
  /** Model calls. */
  readonly turns: number;
  /** Tokens in and out together. */
  readonly tokens: number;
  /** Wall time without waiting for a person, in milliseconds. */
  readonly wallMs: number;
  /** Calls in one reply. */
  readonly calls: number;
  /** Denied calls in a row. */
  readonly denials: number;
  /** Output of one call that the model sees, in bytes. */
  readonly outputBytes: number;
  /** A prompt, in bytes. */
  readonly promptBytes: number;
}

/** What holds without configuration. */
export const DEFAULT_LIMITS: SessionLimits = {
  turns: 50,
  tokens: 2_000_000,
  wallMs: 30 * 60_000,
  calls: 32,
  denials: 10,
  outputBytes: 48 * 1024,
  promptBytes: 1024 * 1024,
};
