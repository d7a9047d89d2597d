import type { AuditEvent } from "./event.ts";

/** Counts over many events; the shape is part of the JSON contract. */
export interface AuditStats {
  /** Sessions that were looked at. */
  readonly sessions: number;
  /** Events that were counted. */
  readonly events: number;
  /** Proposed calls, counted by four of their fields. */
  readonly by: {
    /** Proposed calls by decision, capability, tool and deciding rule. */
    readonly decision: Readonly<Record<string, number>>;
    readonly capability: Readonly<Record<string, number>>;
    readonly tool: Readonly<Record<string, number>>;
    readonly rule: Readonly<Record<string, number>>;
  };
  /** Questions that somebody was asked, and how long the answer took. */
  readonly approvals: { readonly count: number; readonly p50_ms: number | null; readonly p95_ms: number | null };
  /** Masked values by class. */
  readonly redactions: Readonly<Record<string, number>>;
}

/** Collects {@link AuditStats} event by event. */
export class StatsCollector {
  readonly #decision = new Tally();
  readonly #capability = new Tally();
  readonly #tool = new Tally();
  readonly #rule = new Tally();
  readonly #redactions = new Tally();
  readonly #latencies: number[] = [];
  #events = 0;
  #approvals = 0;

  /** Takes the next event. */
  take(event: AuditEvent): void {
    this.#events++;
    if (event.event === "intent") {
      this.#decision.add(event.decision);
      this.#capability.add(event.capability);
      this.#tool.add(event.tool);
      this.#rule.add(event.rule);
    }
    if (event.event === "approval" && event.approval != null && event.approval.answer !== "none") {
      this.#approvals++;
      if (event.approval.latency_ms != null) this.#latencies.push(event.approval.latency_ms);
    }
    for (const redaction of event.redactions ?? []) this.#redactions.add(redaction.class, redaction.count ?? 1);
  }

  /** Gives the counts so far. */
  finish(sessions: number): AuditStats {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return {
      sessions,
      events: this.#events,
      by: {
        decision: this.#decision.counts(),
        capability: this.#capability.counts(),
        tool: this.#tool.counts(),
        rule: this.#rule.counts(),
      },
      approvals: { count: this.#approvals, p50_ms: percentile(sorted, 0.5), p95_ms: percentile(sorted, 0.95) },
      redactions: this.#redactions.counts(),
    };
  }
}

/** Counts by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /** Adds to the count of a name; nothing for an absent one. */
  add(name: string | null | undefined, count = 1): void {
    if (name !== null && name !== undefined) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  /** Counts by name, the highest first. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
  }
}

/** The value below which `part` of the sorted values lie (nearest rank); `null` of none. */
export function percentile(sorted: readonly number[], part: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}
