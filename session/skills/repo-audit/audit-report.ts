import { type RepoFinding, SEVERITIES, type Severity } from "./finding.ts";
import type { RepoScan } from "./scan-repo.ts";

const MAX_ROWS = 1_000;
const MAX_SKIPPED = 500;

/** How many findings there are of each severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

/**
 * Counts findings by severity.
 *
 * @param findings Any findings.
 * @returns Every severity with its number.
 */
export function countSeverities(findings: readonly RepoFinding[]): SeverityCounts {
  const counts: Record<Severity, number> = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/**
 * Writes the report for people: summary, findings, what was not looked at, what to do. Names rules, places and lengths,
 * never a character of a value.
 *
 * @param scan What was seen.
 * @param facts Where it began.
 * @returns Markdown.
 */
export function auditReport(scan: RepoScan, facts: { readonly path: string }): string {
  const counts = countSeverities(scan.findings);
  const sorted = sortFindings(scan.findings);
  return [
    "# Security audit",
    "",
    "## Summary",
    "",
    `- Scope: \`${code(facts.path)}\``,
    `- Scanned: ${scan.files} files, ${scan.bytes} bytes${scan.truncated ? " (a limit ended the scan early)" : ""}`,
    `- Skipped: ${scan.skipped.length}`,
    `- Findings: ${SEVERITIES.toReversed().map((name) => `${counts[name]} ${name}`).join(", ")}`,
    "",
    "## Findings",
    "",
    ...sorted.length === 0 ? ["None."] : table(sorted.slice(0, MAX_ROWS)),
    ...sorted.length > MAX_ROWS ? ["", `${sorted.length - MAX_ROWS} more are not listed.`] : [],
    "",
    "## Skipped",
    "",
    ...scan.skipped.length === 0
      ? ["Nothing."]
      : scan.skipped.slice(0, MAX_SKIPPED).map(({ path, why }) => `- \`${code(path)}\`: ${plain(why)}`),
    ...scan.skipped.length > MAX_SKIPPED ? [`- and ${scan.skipped.length - MAX_SKIPPED} more`] : [],
    "",
    "## Redactions",
    "",
    "Values are named by rule, place and length. Equal tags mean equal values within this report; a tag says nothing else.",
    "",
    "## Suggestions",
    "",
    ...suggestions(scan.findings).map((line) => `- ${line}`),
    "",
  ].join("\n");
}

/**
 * Sorts findings: the gravest first, then by place.
 *
 * @param findings Any findings.
 * @returns The same, sorted.
 */
export function sortFindings(findings: readonly RepoFinding[]): readonly RepoFinding[] {
  return findings.toSorted((a, b) =>
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || compare(a.path, b.path) ||
    (a.line ?? 0) - (b.line ?? 0) || compare(a.rule, b.rule)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function table(findings: readonly RepoFinding[]): readonly string[] {
  return [
    "| severity | rule | place | class | length | tag |",
    "|---|---|---|---|---|---|",
    ...findings.map(({ severity, rule, path, line, class: name, length, tag }) =>
      `| ${severity} | ${rule} | \`${code(path)}${line === null ? "" : `:${line}`}\` | ${name ?? ""} | ${
        length ?? ""
      } | ${tag ?? ""} |`
    ),
  ];
}

const SUGGESTIONS: readonly (readonly [prefix: string, text: string])[] = [
  [
    "secret/known-value",
    "A value of your vault stands in the repository: rotate it (`agentzero vault rotate`), then remove it.",
  ],
  [
    "secret/",
    "Replace credentials in files by handles (`agentzero vault set`), and rotate those that were ever committed.",
  ],
  [
    "exposure/tracked-",
    "Take key and environment files out of git (`git rm --cached`), ignore them, and rotate what they hold.",
  ],
  ["exposure/", "Keep key and environment files ignored, or outside of the project."],
  ["pii/", "Check whether personal data has to be here; replace it in tests by invented data."],
  [
    "injection/",
    "Read the marked places: text that is addressed to agents, or that people cannot see, has no business in sources.",
  ],
  ["script/download-and-run", "Pin what is downloaded by digest, and look at it before it runs."],
  ["script/", "Look at what runs by itself: lifecycle scripts, hooks, tasks, tool servers."],
];

function suggestions(findings: readonly RepoFinding[]): readonly string[] {
  const given = SUGGESTIONS.filter(([prefix]) => findings.some(({ rule }) => rule.startsWith(prefix)));
  return given.length === 0 ? ["Nothing to do."] : [...new Set(given.map(([, text]) => text))];
}

/** File names are words of others: nothing in them may end the code span, the row or the line. */
function code(text: string): string {
  return plain(text).replaceAll("`", "'").replaceAll("|", "\\|");
}

function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}").slice(0, 300);
}
