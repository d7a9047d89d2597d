import { type LintFinding, lintPolicy, type PolicyProblem } from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { loadNamed } from "./named-files.ts";

/** How one file fared. */
interface CheckedFile {
  readonly file: string;
  readonly sha256: string | null;
  readonly rules: number;
  readonly problems: readonly PolicyProblem[];
}

/** Runs `policy check`: loads files as a session would, without making them count. Exit 1 if one would be refused. */
export async function policyCheck(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const files = (await loadNamed(context, input)).map(({ file, sha256, loaded }): CheckedFile => {
    const { ok, document, problems } = loaded;
    if (!ok) return { file, sha256, rules: 0, problems };
    const found = lintPolicy(document, { grants: true }).map(asProblem);
    return { file, sha256, rules: document.rules.length, problems: found };
  });
  const ok = files.every(({ problems }) => problems.every((problem) => problem.level !== "error"));
  if (context.json) context.output.json({ v: 1, ok, files });
  else for (const file of files) showFile(context, file);
  return ok ? EXIT.ok : EXIT.failed;
}

/** What lint finds never blocks loading, so that here it only warns; `policy lint` fails on its errors. */
function asProblem({ code, line, rule, message, fix }: LintFinding): PolicyProblem {
  return { code, level: "warning", line, col: 1, message: `rule "${rule}": ${message}`, hint: fix };
}

/** For people: rules without tests are many in a young policy, and one line says it. */
const UNTESTED = "AZP012";

function showFile({ output }: CommandContext, { file, sha256, rules, problems }: CheckedFile): void {
  for (const problem of problems) {
    if (problem.code === UNTESTED) continue;
    output.text(`${file}:${problem.line}:${problem.col} ${problem.level} ${problem.code} ${problem.message}`);
    if (problem.hint !== null) output.text(`  do: ${problem.hint}`);
  }
  if (problems.some((problem) => problem.level === "error")) {
    output.text(`${file}: refused`);
    return;
  }
  const untested = problems.filter(({ code }) => code === UNTESTED).length;
  if (untested > 0) output.text(`${file}: no test reaches ${untested} of its rules; see: agentzero policy lint`);
  output.text(`${file}: ok, ${rules} ${rules === 1 ? "rule" : "rules"}, ${sha256 ?? ""}`);
}
