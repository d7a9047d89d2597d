import { lstatSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { loadSodium } from "../../../core/mod.ts";
import { checkFolder, checkWholeContent, PACKAGE_LIMITS, SKILL_MD, type SkillFinding } from "../../../skills/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { readNamed } from "./read-package.ts";

/** Runs `skill validate`: everything that is wrong, not only the first. */
export async function skillValidate(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const named = input.arg(0) ?? "";
  await loadSodium();
  const findings = await findingsOf(context.cwd, named);
  const ok = findings.length === 0;
  if (context.json) context.output.json({ v: 1, ok, findings });
  else {
    for (const { code, path, line, message, hint } of findings) {
      context.output.text(`${path ?? named}${line === null ? "" : `:${line}`} ${code}: ${message}`);
      if (hint !== null) context.output.text(`  do: ${hint}`);
    }
    context.output.text(ok ? "no findings" : `${findings.length} finding${findings.length === 1 ? "" : "s"}`);
  }
  return ok ? EXIT.ok : EXIT.failed;
}

async function findingsOf(cwd: string, named: string): Promise<readonly SkillFinding[]> {
  const path = resolve(cwd, named);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true && basename(path) === SKILL_MD) {
    return (await checkFolder(dirname(path), inspectComponent)).findings;
  }
  if (stat?.isFile() === true) {
    if (stat.size > PACKAGE_LIMITS.archiveBytes) {
      const message = `it has ${stat.size} bytes, more than ${PACKAGE_LIMITS.archiveBytes}`;
      return [{ code: "SIZE_LIMIT", path: null, line: null, message, hint: "make it smaller" }];
    }
    const { bytes } = readNamed(cwd, named, PACKAGE_LIMITS.archiveBytes);
    return (await checkWholeContent(bytes, inspectComponent)).findings;
  }
  return (await checkFolder(path, inspectComponent)).findings;
}
