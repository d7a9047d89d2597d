import type { AuditEvent } from "./event.ts";

/** How soon an event must be covered by a signed checkpoint, and be on the disk. */
export interface Urgency {
  /** A checkpoint at once. */
  readonly checkpoint: boolean;
  /** Its batch is synced at once, where `audit.sync` is `risky`. */
  readonly sync: boolean;
}

const AT_ONCE: Urgency = { checkpoint: true, sync: true };
const SYNC: Urgency = { checkpoint: false, sync: true };
const LATER: Urgency = { checkpoint: false, sync: false };

/**
 * Judges how soon an event must be safe from being cut off unseen.
 *
 * @param event The event.
 * @returns A checkpoint at once for a deny, an approval, a change of what may be done, or a leak. A risky allow gets its
 * own in the barrier.
 */
export function urgencyOf(event: AuditEvent): Urgency {
  switch (event.event) {
    case "result":
      return LATER;
    case "intent":
      return event.decision === "deny" ? AT_ONCE : LATER;
    case "approval":
    case "trust.change":
    case "grant.change":
    case "skill.change":
    case "tool.change":
    case "vault.change":
    case "key.change":
    case "secret.leak":
    case "audit.failed":
      return AT_ONCE;
    case "session.start":
    case "session.end":
    case "session.recovered":
    case "policy.load":
    case "policy.reload_failed":
    case "clock.step":
    case "telemetry.start":
    case "telemetry.dropped":
      return SYNC;
    default:
      return event.event satisfies never;
  }
}
