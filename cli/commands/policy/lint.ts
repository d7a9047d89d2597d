import { lintPolicy, loadDocument } from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { findProject, requireProject } from "../../project-root.ts";
import { openLive } from "./open.ts";
import { ownPolicyFile, readNamedFile } from "./read-file.ts";
import { unloadable } from "./unloadable.ts";

/** Runs `policy lint`. Exit 1 on errors, with `--strict` on warnings too. */
export async function policyLint(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const named = input.rest(0);
  const project = named.length === 0 ? requireProject(context) : findProject(context);
  const names = named.length > 0 || project === null ? named : [ownPolicyFile(context, project)];
  const read = names.map((name) => readNamedFile(context.cwd, name));
  const { live } = await openLive(context, project);
  const place = { layer: "project", roots: live.roots, homes: live.homes } as const;
  const findings = read.flatMap((file) => {
    const loaded = "problem" in file ? null : loadDocument(file.bytes, place);
    const [first] = "problem" in file ? [file.problem] : loaded?.problems ?? [];
    if (loaded === null || !loaded.ok) {
      throw unloadable(`lint "${file.shown}"`, first, `agentzero policy check ${file.shown}`);
    }
    // A draft is judged as what it would be once it counts.
    return lintPolicy(loaded.document, { grants: true }).map((finding) => ({ file: file.shown, ...finding }));
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
