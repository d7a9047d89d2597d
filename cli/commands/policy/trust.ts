import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import {
  loadDocument,
  type PolicyDocument,
  PolicyError,
  type PolicyLayer,
  projectPolicyFile,
  trustOf,
  trustPolicy,
} from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { checkProjectFolder, PROJECT_FOLDER, requireProject, unsafe } from "../../project-root.ts";
import { recordChange } from "../../record-change.ts";
import { badUsage } from "../../usage.ts";
import { openLive } from "./open.ts";
import { type NamedFile, readNamedFile } from "./read-file.ts";
import { companionsOf, showTrustPreview } from "./trust-preview.ts";
import { unloadable } from "./unloadable.ts";

/** Runs `policy trust`: shows what a policy would change, asks, and lets it allow things from then on. */
export async function policyTrust(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const project = projectOf(context, input.arg(0));
  const given = input.option("sha256")?.replace(/^sha256:/, "").toLowerCase();
  const file = readNamedFile(context.cwd, projectPolicyFile(project));
  if ("problem" in file) throw unloadable(`trust "${file.shown}"`, file.problem, "agentzero policy check");
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given)) {
    throw badUsage("Cannot trust: --sha256 is not 64 hex digits", `the file has ${file.sha256.slice(7)}`);
  }
  const { live, installation, options } = await openLive(context, project);
  const loaded = loadDocument(file.bytes, { layer: "project", roots: live.roots, homes: live.homes });
  if (!loaded.ok) throw unloadable(`trust "${file.shown}"`, loaded.problems[0], "agentzero policy check");
  const next = layerOf(file, loaded.document);
  const companions = companionsOf(project);
  const { config, agents } = companions;
  const { sha256: hash } = file;
  const before = trustOf(options, project);
  const asBefore = before?.sha256 === hash && before.config === (config?.sha256 ?? null) &&
    before.agents === (agents?.sha256 ?? null);
  // Nothing would change: no question, also without a terminal, unless a hash was given, which may be another.
  if (asBefore && given === undefined) return done(context, project, hash);
  showTrustPreview(context.output, { project, options, live: live.layers, next, companions });
  if (!await agreed(context, given, file)) {
    const seen = given !== undefined ? "it has another hash than the one that was given" : "nobody agreed";
    throw new CliError("TRUST_DECLINED", `Cannot trust "${file.shown}": ${seen}`, {
      hint: `read it, then: agentzero policy trust --sha256 ${file.sha256.slice(7)}`,
    });
  }
  await recordChange(context, { installation, project, policy: live.generation.digest }, async (record) => {
    await record({
      event: "trust.change",
      action: "policy trust",
      reason: `trusted ${file.sha256} as the policy of "${project}"`,
    });
    trustPolicy(options, {
      project,
      sha256: file.sha256,
      config: config === null ? null : config.sha256,
      agents: agents === null ? null : agents.sha256,
    });
  });
  return done(context, project, hash);
}

function done(context: CommandContext, project: string, hash: string): ExitCode {
  if (context.json) context.output.json({ v: 1, project, sha256: hash, trusted: true });
  else context.output.text(`trusted: ${hash} now counts in ${project}`);
  return EXIT.ok;
}

/** Only a project's own policy file is trusted by hash; which project is said by where the file stands. */
export function projectOf(context: CommandContext, named: string | undefined, action = "trust"): string {
  if (named === undefined) return requireProject(context);
  const path = resolve(context.cwd, named);
  const folder = dirname(path);
  if (basename(path) !== "policy.yml" || basename(folder) !== PROJECT_FOLDER) {
    throw badUsage(
      `Cannot ${action} "${named}": it is not a project's ${PROJECT_FOLDER}/policy.yml`,
      `name the file \`${PROJECT_FOLDER}/policy.yml\` of a project`,
    );
  }
  const problem = checkProjectFolder(folder);
  if (problem !== "ok" && problem !== "missing") throw unsafe(folder, problem);
  try {
    return realpathSync(dirname(folder));
  } catch (cause) {
    throw new PolicyError("POLICY_MISSING", `Cannot read "${named}": there is no such file`, {
      hint: "name the policy of a project, or run `agentzero init` there",
      cause,
    });
  }
}

function layerOf(file: NamedFile, document: PolicyDocument): PolicyLayer {
  return { layer: "project", document, sha256: file.sha256, path: file.path, grants: true };
}

/** The hash is the answer of somebody who has seen the file; without it a person is asked. */
async function agreed(context: CommandContext, given: string | undefined, file: NamedFile): Promise<boolean> {
  if (given !== undefined) return `sha256:${given}` === file.sha256;
  if (context.terminal === null) return false;
  context.output.note(`${file.shown} has ${file.sha256}`);
  return await context.terminal.confirm("Trust it?");
}
