import type { Detection } from "../../../core/mod.ts";
import type { ContentScan } from "../../host-calls/routine.ts";
import type { FileText, RepoFinding, Severity } from "./finding.ts";

// What stands in examples and tests on purpose says little.
const EXAMPLE =
  /(?:^|\/)(?:tests?|__tests__|fixtures?|examples?|docs?|samples?|spec)\/|\.(?:example|sample|template)$/iu;
const MAX_PER_FILE = 200;

/**
 * Finds values in a text: those of the vault exactly, credentials and personal data by their form.
 *
 * @param file The text.
 * @param scan Knows the values, and what others look like.
 * @returns Findings by place, length and tag.
 */
export async function valueFindings(file: FileText, scan: ContentScan): Promise<readonly RepoFinding[]> {
  const known = scan.find(file.text);
  const found: RepoFinding[] = known.slice(0, MAX_PER_FILE).map(({ start, end }) =>
    finding(file, scan, { rule: "secret/known-value", class: "secret", start, end })
  );
  const hits = await scan.detect(file.text);
  for (const hit of hits.slice(0, MAX_PER_FILE)) {
    if (!known.some(({ start, end }) => hit.start < end && start < hit.end)) found.push(finding(file, scan, hit));
  }
  return found;
}

function finding(file: FileText, scan: ContentScan, hit: Detection): RepoFinding {
  return {
    rule: hit.rule,
    severity: severityOf(file.path, hit),
    path: file.path,
    line: file.lineAt(hit.start),
    class: hit.class,
    length: hit.end - hit.start,
    tag: scan.tag(file.text.slice(hit.start, hit.end)),
  };
}

function severityOf(path: string, { rule, class: name }: Detection): Severity {
  if (rule === "secret/known-value") return "critical";
  const grave: Severity = name === "pii"
    ? (rule === "pii/email" ? "info" : "medium")
    : rule === "secret/named-value"
    ? "medium"
    : "high";
  if (!EXAMPLE.test(path)) return grave;
  return grave === "high" ? "medium" : grave === "medium" ? "low" : grave;
}
