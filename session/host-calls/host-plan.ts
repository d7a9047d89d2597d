import type { HostReply, Redaction } from "../../core/mod.ts";
import type { Classification } from "../../core/mod.ts";
import type { Guard } from "../authorize.ts";
import type { EffectOutcome } from "../effects.ts";
import type { Plan } from "../tools/tool.ts";

/** A host call as atomic actions, before the decision. */
export interface HostPlan extends Plan {
  /** The call in one line, for the record: function and place. */
  readonly step: string;
  /** A reason to refuse before rules are asked, or `null`. */
  readonly guard: Guard | null;
  /** Makes the typed value of what ran. May throw a fault of the interface. */
  take(ran: EffectOutcome): Promise<Taken>;
}

/** What a guest gets, and what the record says of it. */
export interface Taken {
  readonly reply: HostReply;
  /** Bytes that went over the border to the guest. */
  readonly bytes: number;
  readonly redactions: readonly Redaction[];
  /** Classes that the guest has now seen, besides those of its actions. */
  readonly classes: readonly Classification[];
}

/**
 * Makes what is taken of a call whose value holds nothing that has to be masked.
 *
 * @param value The typed value.
 * @param bytes Bytes of it.
 * @returns The reply with its value.
 */
export function plainly(value: unknown, bytes = 0): Taken {
  return { reply: { ok: true, value }, bytes, redactions: [], classes: [] };
}
