/**
 * The encrypted, verifiable record of what was proposed, decided and done.
 *
 * @example
 * ```ts
 * const log = await openAuditLog(options);
 * const { seq } = log.append({ event: "intent", call, tool: "read", decision: "allow" });
 * await log.barrier(seq, false);
 * log.append({ event: "result", call, result: { status: "ok" } });
 * await log.close("ok");
 * ```
 * @module
 */
export * from "./announce-identity.ts";
export type { Checked } from "./decrypt-events.ts";
export * from "./errors.ts";
export type * from "./event.ts";
export * from "./event-filter.ts";
export type * from "./event-parts.ts";
export { timestampOf } from "./event-reader.ts";
export * from "./event-words.ts";
export * from "./export/exporter.ts";
export { redactEvent } from "./export/redact-event.ts";
export * from "./find-call.ts";
export { listSessions, type SessionSummary } from "./list-sessions.ts";
export * from "./log.ts";
export type { LogFiles } from "./log-files.ts";
export { openAuditLog } from "./open-log.ts";
export * from "./otlp-pump.ts";
export type { OtlpQueueOptions } from "./otlp-queue.ts";
export * from "./problem.ts";
export * from "./proof.ts";
export type { EventProof } from "./proof-form.ts";
export * from "./read-session.ts";
export * from "./reading-key.ts";
export type { ClearValues } from "./record.ts";
export * from "./record-read.ts";
export type { ReportFacts } from "./report/render-report.ts";
export { Report } from "./report/report.ts";
export type { SecretOf } from "./segment-keys.ts";
export { listSessionFiles, type SessionFiles } from "./session-files.ts";
export { SessionTail } from "./session-tail.ts";
export * from "./settings.ts";
export { type AuditStats, StatsCollector } from "./stats.ts";
export * from "./vault-ledger.ts";
export * from "./verify.ts";
export type { SessionReport } from "./verify-session.ts";
export * from "./walk-sessions.ts";
export * from "./writer-facts.ts";
