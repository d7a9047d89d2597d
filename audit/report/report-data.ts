import { DanglingCalls } from "../dangling.ts";
import type { AuditEvent } from "../event.ts";
import { isDenied } from "../list-sessions.ts";
import type { StoredEvent } from "../read-session.ts";
import { StatsCollector, Tally } from "../stats.ts";

/** How a proposed call was settled, in the four colours of the page. */
export type Outcome = "allow" | "redact" | "ask" | "deny";

/** One proposed call on the timeline. */
export interface Mark {
  readonly session: string;
  readonly ts: number;
  readonly outcome: Outcome;
  readonly label: string;
}

/** One denied call, or one question and its answer. */
export interface Row {
  readonly ts: number;
  readonly session: string;
  readonly seq: number;
  readonly event: AuditEvent;
}

/** What is known of one secret handle. */
export interface HandleUse {
  readonly handle: string;
  readonly uses: number;
  readonly denied: number;
  readonly places: readonly string[];
  readonly last: number;
}

/** Longest tables of the page; what is beyond is counted. */
export const MAX_ROWS = 500;

/** Collects what the page shows, event by event. */
export class ReportData {
  readonly marks: Mark[] = [];
  readonly denials: Row[] = [];
  readonly approvals: Row[] = [];
  readonly leaks: Row[] = [];
  readonly changes: Row[] = [];
  readonly all: Row[] = [];
  readonly rules: Map<string, Tally> = new Map();
  readonly capabilities: Map<string, Tally> = new Map();
  readonly tiers: Map<string, Tally> = new Map();
  readonly tools: Map<string, Tally> = new Map();
  /** The figures of `audit stats`: the page shows the same ones. */
  readonly stats: StatsCollector = new StatsCollector();
  readonly failures: Tally = new Tally();
  readonly #questions = new Map<string, AuditEvent>();
  readonly #dangling = new DanglingCalls();
  readonly #handles = new Map<string, { uses: number; denied: number; places: Set<string>; last: number }>();
  readonly #keepAll: boolean;

  /** @param keepAll `true`: the page lists every event. */
  constructor(keepAll: boolean) {
    this.#keepAll = keepAll;
  }

  /** Takes the next event. */
  take({ session, seq, ts, event }: StoredEvent): void {
    if (event === null) return;
    const row: Row = { ts, session, seq, event };
    this.stats.take(event);
    this.#dangling.take(event);
    if (this.#keepAll) this.all.push(row);
    if (isDenied(event)) {
      // What was asked stands in the intent; the answer alone says little.
      this.denials.push(
        event.event === "approval" ? { ...row, event: { ...this.#questionOf(event), ...withoutNulls(event) } } : row,
      );
    }
    if (event.event === "intent") this.#takeIntent(row);
    if (event.event === "approval") {
      this.approvals.push({ ...row, event: { ...this.#questionOf(event), ...withoutNulls(event) } });
    }
    if (event.event === "result" && event.result?.status !== "ok") {
      this.failures.add(event.result?.error?.code ?? event.result?.status);
    }
    if (event.event === "secret.leak") this.leaks.push(row);
    if (event.event.endsWith(".change") || event.event === "policy.load") this.changes.push(row);
  }

  /** Ids of calls that were allowed and have no result. */
  get dangling(): readonly string[] {
    return this.#dangling.ids();
  }

  /** Uses of secrets by handle, the most used first. */
  get handles(): readonly HandleUse[] {
    return [...this.#handles].map(([handle, { uses, denied, places, last }]) => ({
      handle,
      uses,
      denied,
      places: [...places].toSorted(),
      last,
    })).toSorted((a, b) => b.uses - a.uses);
  }

  #takeIntent(row: Row): void {
    const { event } = row;
    const outcome = outcomeOf(event);
    const id = event.execution_id ?? event.call;
    if (id != null && outcome === "ask") this.#questions.set(id, event);
    const label = [event.tool ?? event.action ?? event.capability ?? "call", event.actions?.[0]?.target].filter(Boolean)
      .join(" ");
    this.marks.push({ session: row.session, ts: row.ts, outcome, label });
    tally(this.rules, event.rule ?? "(no rule matched)", outcome);
    tally(this.capabilities, event.capability ?? "unknown", outcome);
    tally(this.tools, event.tool ?? event.action ?? "unknown", outcome);
    if (event.runtime != null) tally(this.tiers, event.runtime, outcome);
    for (const handle of event.secret_handles ?? []) this.#takeHandle(handle, row, outcome);
  }

  #takeHandle(handle: string, { ts, event }: Row, outcome: Outcome): void {
    const use = this.#handles.get(handle) ?? { uses: 0, denied: 0, places: new Set<string>(), last: 0 };
    use.uses++;
    if (outcome === "deny") use.denied++;
    use.last = Math.max(use.last, ts);
    const place = event.network?.host ??
      event.actions?.find(({ capability }) => capability === "secret_handle_usage")?.target;
    if (place != null) use.places.add(place);
    this.#handles.set(handle, use);
  }

  #questionOf(event: AuditEvent): Partial<AuditEvent> {
    return this.#questions.get(event.execution_id ?? event.call ?? "") ?? {};
  }
}

function outcomeOf(event: AuditEvent): Outcome {
  switch (event.decision) {
    case "allow":
      return "allow";
    case "allow_with_redaction":
      return "redact";
    case "requires_approval":
      return "ask";
    default:
      return "deny";
  }
}

function tally(by: Map<string, Tally>, name: string, outcome: Outcome): void {
  const counts = by.get(name) ?? new Tally();
  counts.add(outcome);
  by.set(name, counts);
}

function withoutNulls(event: AuditEvent): AuditEvent {
  return { ...event, ...Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)) };
}
