import {
  CAPABILITIES,
  type Capability,
  type Decision,
  DECISIONS,
  expandHandle,
  isWord,
  nearestName,
} from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { StoredEvent } from "./read-session.ts";

/** Which events are wanted; what is left out matches everything. */
export interface EventFilter {
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number | undefined;
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined;
  /** Only events in which some action has this capability. */
  readonly capability?: Capability | undefined;
  /** Only events with this decision. */
  readonly decision?: Decision | undefined;
  /** Only events that name this handle, spelled in full: `handle://vault/…`. */
  readonly handle?: string | undefined;
}

/** A filter as it stood on a command line. */
export interface FilterText {
  /** A date, a time or an age; events from then on. */
  readonly since?: string | undefined;
  /** A date, a time or an age; events before then. */
  readonly until?: string | undefined;
  /** One word of the closed set. */
  readonly capability?: string | undefined;
  /** One word of the closed set. */
  readonly decision?: string | undefined;
  /** A handle, or its part after `handle://vault/`. */
  readonly handle?: string | undefined;
}

/**
 * Reads a filter.
 *
 * @param text Its parts; times are `2025-11-20`, `2025-11-20T22:04:09Z` or an age like `90m`, `12h`, `7d`.
 * @param now Milliseconds since 1970, for ages.
 * @returns The filter.
 * @throws {AuditError} `ARGS_INVALID` for an unknown word, a time that cannot be read, or what is no handle.
 */
export function parseFilter(text: FilterText, now: number): EventFilter {
  return {
    since: parseTime("--since", text.since, now),
    until: parseTime("--until", text.until, now),
    capability: parseWord("--capability", CAPABILITIES, text.capability),
    decision: parseWord("--decision", DECISIONS, text.decision),
    handle: text.handle === undefined ? undefined : parseHandleText(text.handle),
  };
}

/**
 * Tells whether a filter asks for more than a time, so that events must be read to answer.
 *
 * @param filter The filter.
 * @returns `true` when it names a capability, decision or handle.
 */
export function needsContent(filter: EventFilter): boolean {
  return filter.capability !== undefined || filter.decision !== undefined || filter.handle !== undefined;
}

/**
 * Tells whether an event is wanted.
 *
 * @param filter The filter.
 * @param stored The event, or what is in clear of it, and its time.
 * @returns `true` when every part of the filter matches.
 */
export function matches(filter: EventFilter, stored: Pick<StoredEvent, "event" | "clear" | "ts">): boolean {
  if (stored.ts < (filter.since ?? -Infinity) || stored.ts >= (filter.until ?? Infinity)) return false;
  const { capability, decision, handle } = filter;
  const { event, clear } = stored;
  if (decision !== undefined && (event ?? clear)?.decision !== decision) return false;
  if (handle !== undefined && event?.secret_handles?.includes(handle) !== true) return false;
  if (capability === undefined || (event ?? clear)?.capability === capability) return true;
  return event?.actions?.some((action) => action.capability === capability) === true;
}

const AGE = /^([0-9]{1,6})([smhdw])$/;
const AGE_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DATE =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?$/;

function parseTime(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const age = AGE.exec(text);
  if (age !== null) return now - Number(age[1]) * (AGE_MS[age[2] ?? ""] ?? 0);
  const time = DATE.test(text) && isDay(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new AuditError("ARGS_INVALID", `Cannot use ${option} "${text.slice(0, 40)}": expected a time`, {
    hint: "write 2025-11-20, 2025-11-20T22:04:09Z, or an age like 90m, 12h, 7d",
  });
}

/** Some days that no month has, e.g. February 30, would be read as days of the next one. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day);
}

/** On a command line `github/token` is short for the handle of the vault. */
function parseHandleText(text: string): string {
  try {
    return expandHandle(text);
  } catch (cause) {
    // Threat: a value typed where a handle belongs is not repeated.
    throw new AuditError("ARGS_INVALID", "Cannot use --handle: that is no handle", {
      hint: "write NAME/NAME or handle://vault/NAME/NAME; see: agentzero vault list",
      cause,
    });
  }
}

function parseWord<T extends string>(option: string, set: readonly T[], text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  if (isWord(set, text)) return text;
  const near = nearestName(text, set);
  throw new AuditError("ARGS_INVALID", `Cannot use ${option} "${text.slice(0, 40)}": unknown word`, {
    hint: near === null ? `one of: ${set.join(" ")}` : `did you mean "${near}"?`,
  });
}
