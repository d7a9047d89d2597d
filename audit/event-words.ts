/** What an event tells of. The first three belong to a call, the others to the life of a session or installation. */
export const EVENT_NAMES = [
  "intent",
  "approval",
  "result",
  "session.start",
  "session.end",
  "session.recovered",
  "policy.load",
  "policy.reload_failed",
  "trust.change",
  "grant.change",
  "skill.change",
  "tool.change",
  "vault.change",
  "key.change",
  "secret.leak",
  "clock.step",
  "telemetry.start",
  "telemetry.dropped",
  "audit.failed",
] as const;
/** One of {@link EVENT_NAMES}. */
export type EventName = (typeof EVENT_NAMES)[number];

/** The front doors through which a session is used. */
export const FRONTS = ["cli", "acp", "call", "skill", "wasm"] as const;
/** One of {@link FRONTS}. */
export type Front = (typeof FRONTS)[number];

/** How an executed call can end. */
export const RESULT_STATUSES = ["ok", "error", "denied", "timeout", "cancelled"] as const;
/** One of {@link RESULT_STATUSES}. */
export type ResultStatus = (typeof RESULT_STATUSES)[number];

/** How a question to a person can end. */
export const APPROVAL_ANSWERS = ["allow", "deny", "timeout", "none"] as const;
/** One of {@link APPROVAL_ANSWERS}. */
export type ApprovalAnswerWord = (typeof APPROVAL_ANSWERS)[number];
