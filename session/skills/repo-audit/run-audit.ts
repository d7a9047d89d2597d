import { shape } from "../../../core/mod.ts";
import type { RoutineIo, RoutineValue } from "../../host-calls/routine.ts";
import { SessionError } from "../../errors.ts";
import { auditReport, countSeverities, sortFindings } from "./audit-report.ts";
import { isAtLeast, SEVERITIES } from "./finding.ts";
import { createRepoReader, errorText } from "./repo-reader.ts";
import { scanRepo } from "./scan-repo.ts";

const REPORT_FILE = "security-audit.md";
const MAX_SHOWN = 500;
const MAX_SKIPPED = 200;

const INPUT = shape.object({
  path: shape.withDefault(shape.string({ min: 1, max: 4096 }), "."),
  report: shape.optional(shape.guarded(isReportWish, "true, false or a path")),
  fail_on: shape.optional(shape.oneOf(...SEVERITIES)),
  max_files: shape.withDefault(shape.integer({ min: 1, max: 200_000 }), 20_000),
});

function isReportWish(value: unknown): value is boolean | string {
  return typeof value === "boolean" || (typeof value === "string" && value !== "" && value.length <= 4096);
}

/**
 * Runs `repo-security-audit`: scans the repository, writes the report, gives the findings as JSON. Core code behind a
 * built-in skill; every folder, file and the report is decided and recorded by itself.
 *
 * @param io What the routine may use.
 * @param input The input of the call.
 * @returns JSON with summary, findings and what was skipped; never a character of a value.
 * @throws {SessionError} `ARGS_INVALID`.
 */
export async function runRepoAudit(io: RoutineIo, input: unknown): Promise<RoutineValue> {
  const decoded = INPUT.safeParse(input);
  if (!decoded.success) {
    throw new SessionError("ARGS_INVALID", "Cannot audit: the input is not {path?, report?, fail_on?, max_files?}", {
      hint: `fail_on is one of ${SEVERITIES.join(" ")}`,
    });
  }
  const { path, report, fail_on, max_files } = decoded.data;
  const scan = await scanRepo(io, { path, maxFiles: max_files });
  if (io.signal.aborted) throw new SessionError("CANCELLED", "Cannot go on: the audit was cancelled");
  const sorted = sortFindings(scan.findings);
  const failed = fail_on !== undefined && sorted.some(({ severity }) => isAtLeast(severity, fail_on));
  const written = report === false
    ? { path: null, written: false, reason: null }
    : await writeReport(io, typeof report === "string" ? report : REPORT_FILE, auditReport(scan, { path }));
  const output = JSON.stringify(
    {
      v: 1,
      skill: "repo-security-audit",
      scope: path,
      scanned: { files: scan.files, bytes: scan.bytes, truncated: scan.truncated },
      summary: countSeverities(scan.findings),
      findings: sorted.slice(0, MAX_SHOWN),
      more_findings: Math.max(0, sorted.length - MAX_SHOWN),
      skipped: scan.skipped.slice(0, MAX_SKIPPED),
      more_skipped: Math.max(0, scan.skipped.length - MAX_SKIPPED),
      report: written,
      failed,
    },
    null,
    1,
  );
  return { output, error: null, sources: [], classes: [], truncated: scan.truncated };
}

interface Written {
  readonly path: string | null;
  readonly written: boolean;
  readonly reason: string | null;
}

async function writeReport(io: RoutineIo, path: string, text: string): Promise<Written> {
  // Threat: a file is named like a credential, and its name carries it into the report.
  const safe = await io.scan.mask(text);
  const got = await createRepoReader(io).write(path, safe);
  return got.ok ? { path, written: true, reason: null } : { path, written: false, reason: errorText(got.error) };
}
