import { relative } from "node:path";
import { bundleFile, type Generation, type GrantInfo, readBundle } from "../../../policy/mod.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { openEngine, type PolicyParts } from "./open.ts";

/** Runs `policy status`: which files count, and what was remembered. Exit 1 unless everything is sound. */
export async function policyStatus(context: CommandContext): Promise<ExitCode> {
  const parts = await openEngine(context);
  const { engine } = parts;
  const { generation } = engine;
  const problems = engine.tampered().map((path) =>
    `"${path}" was changed by something else: what it says does not count until it is made anew`
  );
  const bundle = bundleOf(parts, generation);
  if (context.json) {
    const { state, layers } = generation;
    context.output.json({ v: 1, state, layers, bundle, grants: engine.grants(), problems });
  } else {
    showLayers(context, generation);
    if (bundle !== null) {
      context.output.text(`bundle  ${bundle.current ? "current" : "will be rebuilt"}, ${bundle.file}`);
    }
    showGrants(context, engine.grants());
    for (const problem of problems) context.output.note(`warning: ${problem}`);
  }
  return generation.state === "active" && problems.length === 0 ? EXIT.ok : EXIT.failed;
}

interface BundleStatus {
  readonly file: string;
  /** Digest of the generation in force. */
  readonly digest: string;
  /** When it was made, RFC 3339. */
  readonly at: string;
  /** `true` when it fits the files, so that the next start reads no YAML. */
  readonly current: boolean;
}

function bundleOf({ project, options }: PolicyParts, generation: Generation): BundleStatus | null {
  if (project === null) return null;
  const bundle = readBundle({ project, keys: options.keys }, "active");
  if (bundle === null) return null;
  return {
    file: relative(project, bundleFile(project, "active")),
    digest: generation.digest,
    at: new Date(bundle.at).toISOString(),
    current: generation.bundled === true,
  };
}

function showLayers({ output }: CommandContext, { state, layers }: Generation): void {
  output.text(`state   ${state}`);
  output.table([
    ["LAYER", "FILE", "COUNTS", "RULES", "SHA256"],
    ...layers.map((layer) => [
      layer.layer,
      layer.path,
      layer.sha256 === null
        ? (layer.problems.length > 0 ? "broken" : "no file")
        : layer.grants
        ? "all rules"
        : "denies and asks",
      String(layer.rules),
      layer.sha256?.slice(7, 19) ?? "-",
    ]),
  ]);
  for (const { path, problems } of layers) {
    for (const problem of problems) {
      output.note(`${path}:${problem.line}:${problem.col} ${problem.code} ${problem.message}`);
      if (problem.hint !== null) output.note(`  do: ${problem.hint}`);
    }
  }
  if (layers.some((layer) => layer.layer === "project" && layer.sha256 !== null && !layer.grants)) {
    output.note("the policy of this project is not trusted: agentzero policy check && agentzero policy trust");
  }
}

function showGrants({ output }: CommandContext, grants: readonly GrantInfo[]): void {
  if (grants.length === 0) {
    output.text("grants  none remembered");
    return;
  }
  output.table([
    ["GRANT", "ANSWER", "CAPABILITY", "FOR", "UNTIL"],
    ...grants.map((grant) => [
      grant.id.slice(0, 18),
      grant.decision === "deny" ? "never" : grant.scope,
      grant.capability,
      grant.shape,
      grant.expires === null ? "-" : new Date(grant.expires).toISOString().slice(0, 16),
    ]),
  ]);
}
