import { type AuditStats, StatsCollector, walkSessions } from "../../../audit/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { exitOf, lockedError } from "./locked.ts";
import { openReading } from "./open-reading.ts";

const TOP = 12;

/** `audit stats`: counts by decision, capability, tool and rule; approvals; redactions. */
export async function auditStats(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const reading = await openReading(context, input, "ask");
  const { dir, secretOf, filter } = reading;
  const collector = new StatsCollector();
  let locked = false;
  const reads = await walkSessions({ dir, secretOf, filter, session: null }, ({ event }) => {
    if (event === null) locked = true;
    else collector.take(event);
  });
  const problems = reads.flatMap((read) => read.problems);
  if (locked && problems.length === 0) throw lockedError(reading);
  await reading.noteRead();
  const stats = collector.finish(reads.length);
  if (context.json) context.output.json({ v: 1, ...stats });
  else print(context, stats);
  return exitOf(context, problems);
}

function print(context: CommandContext, stats: AuditStats): void {
  const { count, p50_ms: p50, p95_ms: p95 } = stats.approvals;
  const latency = p50 === null ? "" : `, answered in ${seconds(p50)} (median), ${seconds(p95 ?? p50)} (p95)`;
  context.output.text(`${stats.sessions} sessions, ${stats.events} events, ${count} approvals${latency}`);
  const parts = [
    ["DECISION", stats.by.decision],
    ["CAPABILITY", stats.by.capability],
    ["TOOL", stats.by.tool],
    ["RULE", stats.by.rule],
    ["REDACTED", stats.redactions],
  ] as const;
  for (const [title, counts] of parts) {
    const rows = Object.entries(counts);
    if (rows.length === 0) continue;
    const rest = rows.slice(TOP).reduce((sum, [, number]) => sum + number, 0);
    const shown = rows.slice(0, TOP).map(([name, number]) => [`  ${name}`, String(number).padStart(6)]);
    context.output.table([[title], ...shown, ...(rest > 0 ? [["  (others)", String(rest).padStart(6)]] : [])]);
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
