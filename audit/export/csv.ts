import type { AuditEvent } from "../event.ts";
import type { Exporter } from "./exporter.ts";

type Cell = string | number | boolean | null | undefined;

const COLUMNS: readonly (readonly [string, (event: AuditEvent) => Cell])[] = [
  ["session", (event) => event.session_id],
  ["timestamp", (event) => event.timestamp],
  ["event", (event) => event.event],
  ["execution_id", (event) => event.execution_id],
  ["call", (event) => event.call],
  ["parent_id", (event) => event.parent_id],
  ["front", (event) => event.actor?.front],
  ["tool", (event) => event.tool],
  ["action", (event) => event.action],
  ["capability", (event) => event.capability],
  ["classification", (event) => event.classification],
  ["targets", (event) => event.actions?.map(({ target }) => target ?? "").join(" | ")],
  ["decision", (event) => event.decision],
  ["rule", (event) => event.rule],
  ["layer", (event) => event.layer],
  ["reason", (event) => event.reason],
  ["tainted", (event) => event.tainted],
  ["runtime", (event) => event.runtime],
  ["skill", (event) => event.skill?.id],
  ["approval", (event) => event.approval?.answer],
  ["approval_scope", (event) => event.approval?.scope],
  ["approval_channel", (event) => event.approval?.channel],
  ["approval_ms", (event) => event.approval?.latency_ms],
  ["secret_handles", (event) => event.secret_handles?.join(" ")],
  ["host", (event) => event.network?.host ?? event.model?.host],
  ["http_status", (event) => event.network?.status],
  ["redactions", (event) => event.redactions?.map(({ class: name, count }) => `${name}:${count}`).join(" ")],
  ["bytes_in", (event) => event.bytes_in],
  ["bytes_out", (event) => event.bytes_out],
  ["status", (event) => event.result?.status],
  ["exit", (event) => event.result?.exit],
  ["ms", (event) => event.result?.ms],
  ["error", (event) => event.result?.error?.code],
];

/** Writes events as CSV (RFC 4180): one row an event, a header row first. */
export function csvExporter(): Exporter {
  return {
    begin: () => `seq,${COLUMNS.map(([name]) => name).join(",")}\r\n`,
    event({ seq, event }) {
      if (event === null) return "";
      return `${[seq, ...COLUMNS.map(([, read]) => read(event))].map(csvCell).join(",")}\r\n`;
    },
    end: () => "",
  };
}

/**
 * Writes one cell.
 *
 * @param value Anything that stands in an event.
 * @returns The cell, quoted where it must be.
 */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  // Threat: a file name or argument that a spreadsheet takes for a formula. Numbers of ours cannot be one.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
