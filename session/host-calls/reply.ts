import { AgentZeroError, type HostError, type HostReply } from "../../core/mod.ts";
import type { CallFailure } from "../call.ts";

/** Ends a host call with one of the errors of `az:host`, which its guest can handle. */
export class HostFault extends Error {
  /** The typed error. */
  readonly error: HostError;

  /** Makes one; `text` is what the case carries. */
  constructor(tag: TextCase, text: string) {
    super(text);
    this.error = { tag, val: text };
  }
}

/** The cases that carry a text. */
export type TextCase = "denied" | "not-found" | "exists" | "invalid" | "exhausted" | "failed";

/** More than a limit of so many bytes. */
export class TooLarge extends Error {
  /** The typed error. */
  readonly error: HostError;

  /** Makes one with the limit. */
  constructor(limitBytes: number) {
    super(`more than ${limitBytes} bytes`);
    this.error = { tag: "too-large", val: BigInt(limitBytes) };
  }
}

/** The call was stopped. */
export const CANCELLED_REPLY: HostReply = { ok: false, error: { tag: "cancelled" } };

/**
 * Makes the reply of a host call that was refused or failed.
 *
 * @param failure Why, masked.
 * @returns A typed error: `denied` whenever somebody or something said no.
 */
export function replyOfFailure(failure: CallFailure): HostReply {
  const tag = CASES.get(failure.code) ??
    (/^(?:APPROVAL|POLICY|SECRET|TIER|PERMIT)_/u.test(failure.code) ? "denied" : "failed");
  if (tag === "cancelled") return CANCELLED_REPLY;
  return { ok: false, error: { tag, val: failure.message } };
}

/**
 * Makes the reply for something that was thrown on the way.
 *
 * @param cause Anything.
 * @param mask Masks secret values in its text.
 * @returns A typed error; what is not known to be safe to show is only `failed`.
 */
export function replyOfThrown(cause: unknown, mask: (text: string) => string): HostReply {
  if (cause instanceof TooLarge) return { ok: false, error: cause.error };
  if (cause instanceof HostFault) return { ok: false, error: { tag: cause.error.tag, val: mask(cause.message) } };
  if (cause instanceof AgentZeroError) {
    return replyOfFailure({ code: cause.code, message: mask(cause.message), hint: null });
  }
  return { ok: false, error: { tag: "failed", val: "Cannot go on: the host failed inside" } };
}

const CASES: ReadonlyMap<string, string> = new Map([
  ["CANCELLED", "cancelled"],
  ["NOT_FOUND", "not-found"],
  ["ARGS_INVALID", "invalid"],
  ["PATH_INVALID", "invalid"],
  ["URL_INVALID", "invalid"],
  ["HANDLE_INVALID", "invalid"],
  ["SECRET_HANDLE", "invalid"],
  ["SECRET_UNKNOWN", "not-found"],
  ["LIMIT_DISK", "exhausted"],
  ["LIMIT_CALLS", "exhausted"],
  ["NOT_REGULAR", "denied"],
  ["PATH_CHANGED", "denied"],
  ["FILE_REFUSED", "denied"],
  ["PLACEHOLDER_IN_ARGS", "denied"],
  ["REDACTION_FAILED", "denied"],
  ["VAULT_LOCKED", "denied"],
]);
