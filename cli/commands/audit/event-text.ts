import { type AuditEvent, type StoredEvent, timestampOf } from "../../../audit/mod.ts";

/** One event as a JSON line: its number first, then every field that it has. */
export function eventJson(stored: StoredEvent): unknown {
  const { seq, ts, session, clear, event } = stored;
  if (event !== null) return { seq, ...event };
  return { seq, session_id: session, timestamp: timestampOf(ts), locked: true, ...clear };
}

/** One event as a row of cells for people: number, time, event, outcome, what, target, why. */
export function eventRow(stored: StoredEvent): readonly string[] {
  const time = timestampOf(stored.ts).slice(11, 23);
  const { event } = stored;
  if (event === null) {
    return [
      String(stored.seq),
      time,
      stored.clear?.event ?? "locked",
      stored.clear?.decision ?? "",
      stored.clear?.capability ?? "",
    ];
  }
  return [String(stored.seq), time, event.event, outcome(event), what(event), target(event), why(event)];
}

/** One event in full: a row for each field, nested fields with a dot. */
export function eventFields(seq: number, event: AuditEvent): readonly (readonly string[])[] {
  return [["seq", String(seq)], ...flatten("", event)];
}

function outcome(event: AuditEvent): string {
  if (event.event === "approval") return event.approval?.answer ?? "";
  if (event.event === "result") return event.result?.status ?? "";
  return event.decision ?? "";
}

function what(event: AuditEvent): string {
  return event.tool ?? event.action ?? event.capability ?? "";
}

function target(event: AuditEvent): string {
  const [first, ...rest] = event.actions ?? [];
  const text = first?.target ?? event.network?.host ?? "";
  return rest.length > 0 ? `${text} (+${rest.length})` : text;
}

function why(event: AuditEvent): string {
  const parts: string[] = [];
  if (event.rule != null) parts.push(`rule ${event.rule}${event.layer == null ? "" : ` (${event.layer})`}`);
  if (event.approval?.channel != null) parts.push(`by ${event.approval.channel}, ${event.approval.scope ?? "once"}`);
  if (event.result?.error?.code != null) parts.push(event.result.error.code);
  if (event.result?.ms != null) parts.push(`${event.result.ms} ms`);
  if (event.secret_handles != null && event.secret_handles.length > 0) parts.push(event.secret_handles.join(" "));
  if (parts.length === 0 && event.reason != null) parts.push(event.reason);
  return parts.join(", ");
}

function flatten(prefix: string, value: unknown): readonly (readonly string[])[] {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.flatMap((item, index) => flatten(`${prefix}[${index}]`, item));
  }
  if (typeof value !== "object" || value === null) return [[prefix, String(value)]];
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) =>
    flatten(prefix === "" ? name : `${prefix}.${name}`, part)
  );
}
