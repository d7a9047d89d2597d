import { SessionError, type SessionErrorCode } from "../errors.ts";

/** Whom a failure is about. */
export interface ProviderFacts {
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly model: string;
  /** `host:port`. */
  readonly where: string;
  readonly port: number | null;
  readonly local: boolean;
  readonly key: boolean;
}

/** A failed model call, and whether another try may help. */
export class ProviderFailure extends SessionError {
  /** `true` for failures that come and go: connection, 408, 429, 5xx. */
  readonly transient: boolean;
  /** What the server asked us to wait, in ms, or `null`. */
  readonly retryAfterMs: number | null;

  constructor(
    code: SessionErrorCode,
    message: string,
    details: { readonly hint?: string; readonly transient?: boolean; readonly retryAfterMs?: number | null } = {},
  ) {
    super(code, message, { hint: details.hint });
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}
