import type { AuditEvent } from "../event.ts";
import type { StoredEvent } from "../read-session.ts";
import type { Exporter, ExportOrigin } from "./exporter.ts";

/** A value in the JSON form of OTLP. */
export interface OtlpAttribute {
  readonly key: string;
  readonly value:
    | { readonly stringValue: string }
    | { readonly intValue: string }
    | { readonly boolValue: boolean }
    | { readonly arrayValue: { readonly values: readonly { readonly stringValue: string }[] } };
}

/** One log record in the JSON form of OTLP. */
export interface OtlpRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: readonly OtlpAttribute[];
}

/** Writes events as one OTLP/JSON request body (`ExportLogsServiceRequest`): metadata only, never targets or texts. */
export function otlpExporter(origin: ExportOrigin): Exporter {
  let first = true;
  const [before, after] = envelope(origin);
  return {
    begin: () => before,
    event(stored) {
      const comma = first ? "" : ",";
      first = false;
      return comma + JSON.stringify(otlpRecord(stored));
    },
    end: () => `${after}\n`,
  };
}

/**
 * Writes a batch as the body of an OTLP/HTTP request.
 *
 * @param records Log records.
 * @param origin What wrote the events.
 * @returns JSON.
 */
export function otlpBody(records: readonly OtlpRecord[], origin: ExportOrigin): string {
  const [before, after] = envelope(origin);
  return before + records.map((record) => JSON.stringify(record)).join(",") + after;
}

/**
 * Turns an event into a log record.
 *
 * @param stored The event; while the key is locked only what stands in clear goes out.
 * @returns The record.
 */
export function otlpRecord(stored: StoredEvent): OtlpRecord {
  const { event, clear, ts, seq, session } = stored;
  const name = event?.event ?? clear?.event ?? "event";
  const decision = event?.decision ?? clear?.decision;
  const severe = name === "secret.leak" || name === "audit.failed";
  const [severityNumber, severityText] = severe ? [17, "ERROR"] : decision === "deny" ? [13, "WARN"] : [9, "INFO"];
  const trace = event?.trace_id != null && /^[0-9a-f]{32}$/.test(event.trace_id) ? { traceId: event.trace_id } : {};
  const span = event?.span_id != null && /^[0-9a-f]{16}$/.test(event.span_id) ? { spanId: event.span_id } : {};
  const nano = `${ts}000000`;
  return {
    timeUnixNano: nano,
    observedTimeUnixNano: nano,
    severityNumber,
    severityText,
    eventName: `agentzero.${name}`,
    ...trace,
    ...span,
    attributes: [
      text("session.id", session),
      integer("agentzero.seq", seq),
      // Receivers drop doubles by this key: delivery is at least once.
      text("agentzero.key", `${session}+${seq}`),
      ...(event === null
        ? Object.entries(clear ?? {}).flatMap(([key, value]) => text(`agentzero.${key}`, value))
        : metadata(event)),
    ].flat(),
  };
}

function metadata(event: AuditEvent): readonly OtlpAttribute[] {
  return [
    text("agentzero.execution_id", event.execution_id),
    text("agentzero.call", event.call),
    text("agentzero.parent_id", event.parent_id),
    text("agentzero.front", event.actor?.front),
    text("agentzero.tool", event.tool),
    text("agentzero.capability", event.capability),
    text("agentzero.classification", event.classification),
    text("agentzero.decision", event.decision),
    text("agentzero.rule", event.rule),
    text("agentzero.layer", event.layer),
    text("agentzero.policy", event.policy),
    text("agentzero.runtime", event.runtime),
    text("agentzero.skill", event.skill?.id),
    text("agentzero.approval.answer", event.approval?.answer),
    text("agentzero.approval.scope", event.approval?.scope),
    integer("agentzero.approval.latency_ms", event.approval?.latency_ms),
    event.tainted == null ? [] : [{ key: "agentzero.tainted", value: { boolValue: event.tainted } }],
    event.secret_handles == null ? [] : [{
      key: "agentzero.secret_handles",
      value: { arrayValue: { values: event.secret_handles.map((handle) => ({ stringValue: handle })) } },
    }],
    integer("http.response.status_code", event.network?.status),
    integer("agentzero.bytes_in", event.bytes_in),
    integer("agentzero.bytes_out", event.bytes_out),
    text("agentzero.result.status", event.result?.status),
    integer("agentzero.result.exit", event.result?.exit),
    integer("agentzero.result.ms", event.result?.ms),
    text("error.type", event.result?.error?.code),
  ].flat();
}

function text(key: string, value: string | null | undefined): readonly OtlpAttribute[] {
  return value == null ? [] : [{ key, value: { stringValue: value } }];
}

function integer(key: string, value: number | null | undefined): readonly OtlpAttribute[] {
  // 64-bit integers are strings in the JSON form.
  return value == null ? [] : [{ key, value: { intValue: String(value) } }];
}

function envelope(origin: ExportOrigin): readonly [string, string] {
  const resource = { attributes: [text("service.name", "agentzero"), text("service.version", origin.version)].flat() };
  const scope = { name: "agentzero.audit", version: origin.version };
  return [
    `{"resourceLogs":[{"resource":${JSON.stringify(resource)},"scopeLogs":[{"scope":${
      JSON.stringify(scope)
    },"logRecords":[`,
    "]}]}]}",
  ];
}
