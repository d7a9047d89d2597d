import { sha256 } from "../../../core/mod.ts";
import {
  DEFAULT_POLICY,
  diffPolicies,
  type LiveLayers,
  loadDocument,
  type PolicyLayer,
  PRIVATE_POLICY,
  readBundle,
} from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { findProject, requireProject } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";
import { openLive, type PolicyParts } from "./open.ts";
import { readNamedFile } from "./read-file.ts";
import { unloadable } from "./unloadable.ts";

/** Runs `policy diff`: what two policies decide differently, each with an example. Exit 1 only with `--fail-on`. */
export async function policyDiff(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const failOn = input.option("failOn");
  if (failOn !== undefined && failOn !== "looser") {
    throw badUsage(`Cannot compare: unknown --fail-on "${failOn}"`, "the one word is: looser");
  }
  const names = [input.arg(0) ?? "", input.arg(1) ?? ""] as const;
  const needs = names.some((name) => name === "active" || name === "lkg");
  const parts = await openLive(context, needs ? requireProject(context) : findProject(context));
  const [a, b] = names.map((name) => layersOf(name, { context, ...parts }));
  const { same, changes, truncated } = diffPolicies(a ?? [], b ?? []);
  const looser = changes.some((change) => change.looser);
  if (context.json) context.output.json({ v: 1, same, changes, truncated });
  else {
    for (const change of changes) {
      context.output.text(
        `${
          change.looser ? "looser " : "tighter"
        } ${change.capability} ${change.region}: ${change.from} -> ${change.to}`,
      );
      context.output.text(`  e.g. ${JSON.stringify(change.witness)}`);
    }
    context.output.text(
      same ? "no difference found" : `${changes.length} ${changes.length === 1 ? "difference" : "differences"}`,
    );
    if (truncated) context.output.note("warning: there are too many combinations to look at all of them");
  }
  return failOn === "looser" && looser ? EXIT.failed : EXIT.ok;
}

interface DiffParts extends PolicyParts {
  readonly context: CommandContext;
  readonly live: LiveLayers;
}

function layersOf(name: string, parts: DiffParts): readonly PolicyLayer[] {
  switch (name) {
    case "active":
      return parts.live.layers;
    case "lkg":
      return lastKnownGood(parts);
    case "default":
      return [layerOf(DEFAULT_POLICY, name, parts.live)];
    case "private":
      return [layerOf(PRIVATE_POLICY, name, parts.live)];
    default: {
      const file = readNamedFile(parts.context.cwd, name);
      if ("problem" in file) throw unloadable(`compare "${name}"`, file.problem, `agentzero policy check ${name}`);
      return [layerOf(file.bytes, name, parts.live)];
    }
  }
}

function layerOf(bytes: Uint8Array | string, name: string, { roots, homes }: LiveLayers): PolicyLayer {
  const loaded = loadDocument(bytes, { layer: "project", roots, homes });
  if (!loaded.ok) throw unloadable(`compare "${name}"`, loaded.problems[0], `agentzero policy check ${name}`);
  return { layer: "project", document: loaded.document, sha256: sha256(bytes), path: name, grants: true };
}

function lastKnownGood({ project, options }: DiffParts): readonly PolicyLayer[] {
  const bundle = project === null ? null : readBundle({ project, keys: options.keys }, "lkg");
  if (bundle === null) {
    throw new CliError("NOT_FOUND", "Cannot compare: there is no earlier policy whose seal holds", {
      hint: "one is kept from the first change of a policy on",
    });
  }
  return bundle.layers.map((layer) => ({ ...layer, grants: true }));
}
