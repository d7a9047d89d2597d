import { resolve } from "node:path";
import { pinnedKeyOf, type SessionReport, verify, type VerifyReport } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { chooseSessions, namedSession } from "./choose-sessions.ts";
import { lockedError } from "./locked.ts";
import { openReading, type Reading } from "./open-reading.ts";
import { verifyProofFile } from "./verify-proof.ts";

/** `audit verify`: exit 0 when everything holds, 7 when anything does not. */
export async function auditVerify(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const proof = input.option("proof");
  if (proof !== undefined) return await verifyProofFile(context, input, proof);
  const session = namedSession(input) ?? undefined;
  const pub = input.option("pub");
  const wantsAll = input.flag("key") || input.option("key") !== undefined;
  const reading = await openReading(context, input, pub !== undefined ? "never" : wantsAll ? "ask" : "quietly");
  const report = await verify({
    dir: reading.dir,
    home: reading.home,
    project: reading.project,
    session,
    identity: reading.keys?.auditSign.publicKey ?? null,
    pin: pub === undefined ? undefined : pinnedKeyOf(resolve(context.cwd, pub)),
    secretOf: reading.secretOf,
    full: wantsAll,
    anchors: input.options("anchor").map((path) => resolve(context.cwd, path)),
  });
  // Whoever asks for all of it to be decrypted is not told "ok" about what stayed closed.
  if (
    wantsAll && report.ok && report.sessions.length > 0 && report.sessions.every(({ checked }) => checked !== "full")
  ) {
    throw lockedError(reading);
  }
  const shown = judge(await filtered(report, reading), input.flag("strict"));
  if (context.json) context.output.json({ v: 1, ...shown });
  else printReport(context, shown);
  return shown.ok ? EXIT.ok : EXIT.integrity;
}

/** Only what the filter names; sessions that are not there any more cannot be looked into and always stay. */
async function filtered(report: VerifyReport, reading: Reading): Promise<VerifyReport> {
  const wanted: ReadonlySet<SessionId> | null = await chooseSessions(reading);
  if (wanted === null) return report;
  const sessions = report.sessions.filter(({ session, segments }) => segments === 0 || wanted.has(session));
  return { ...report, sessions, ok: report.problems.length === 0 && sessions.every(({ ok }) => ok) };
}

function judge(report: VerifyReport, strict: boolean): VerifyReport {
  if (!strict) return report;
  const sessions = report.sessions.map((each) => ({
    ...each,
    ok: each.ok && each.closed && (each.dangling ?? 0) === 0,
  }));
  return { ...report, sessions, ok: report.ok && sessions.every(({ ok }) => ok) };
}

function printReport(context: CommandContext, report: VerifyReport): void {
  if (report.sessions.length === 0) context.output.note("no session to verify");
  const digits = Math.max(3, ...report.sessions.map(({ events }) => String(events).length));
  context.output.table(report.sessions.map((each) => [
    each.ok ? "ok    " : "FAILED",
    each.session,
    `${String(each.events).padStart(digits)} events`,
    each.closed ? "closed" : "open",
    describe(each),
  ]));
  const told = new Set(report.sessions.flatMap(({ problems }) => problems.map(({ detail }) => detail)));
  for (const problem of report.problems.filter(({ detail }) => !told.has(detail))) {
    context.output.text(`FAILED  ${problem.code}: ${problem.detail}`);
  }
}

function describe(report: SessionReport): string {
  const parts = report.problems.map(({ code, seq, detail }) => `${code}${seq === null ? "" : ` at ${seq}`}: ${detail}`);
  if (parts.length === 0) parts.push(`checked ${report.checked}`);
  if ((report.dangling ?? 0) > 0) parts.push(`${report.dangling} dangling`);
  if (report.torn > 0) parts.push("last line torn");
  return parts.join("; ");
}
