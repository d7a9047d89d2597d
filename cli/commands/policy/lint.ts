import { lintPolicy } from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { loadNamed } from "./named-files.ts";
import { unloadable } from "./unloadable.ts";

/** Runs `policy lint`. Exit 1 on errors, with `--strict` on warnings too. */
export async function policyLint(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const findings = (await loadNamed(context, input)).flatMap(({ file, loaded }) => {
    if (!loaded.ok) throw unloadable(`lint "${file}"`, loaded.problems[0], `agentzero policy check ${file}`);
    // A draft is judged as what it would be once it counts.
    return lintPolicy(loaded.document, { grants: true }).map((finding) => ({ file, ...finding }));
  });
  const failing = findings.filter(({ level }) => level === "error" || input.flag("strict"));
  if (context.json) context.output.json({ v: 1, ok: failing.length === 0, findings });
  else {
    for (const { file, line, level, code, rule, message, fix } of findings) {
      context.output.text(`${file}:${line} ${level} ${code} rule "${rule}": ${message}`);
      context.output.text(`  do: ${fix}`);
    }
    context.output.text(
      findings.length === 0
        ? "no findings"
        : `${findings.length} ${findings.length === 1 ? "finding" : "findings"}, ${failing.length} failing`,
    );
  }
  return failing.length === 0 ? EXIT.ok : EXIT.failed;
}
