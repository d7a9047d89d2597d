import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createHttp, detectLocal } from "../../../session/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { findProject, PROJECT_FOLDER } from "../../project-root.ts";
import { hiddenToolChains } from "../doctor/tool-chains.ts";
import { editorSettings, ownCommand } from "./editor-settings.ts";
import { type InitOutcome, initProject } from "./init-project.ts";
import { checkPlace } from "./project-folder.ts";

const NEXT = ["agentzero chat", "agentzero policy explain file_read --path README.md", "agentzero doctor"];

/** Makes a folder a project: the command `init`. */
export async function runInit(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  checkPlace(context);
  const outer = outerProject(context);
  const outcome = await initProject(context, input.flag("private") ? "private" : "default");
  if (!outcome.policy.trusted) return showForeignPolicy(context, outcome);
  const http = createHttp({ timers: context.system.timers });
  const servers = await detectLocal({ http, timers: context.system.timers, signal: context.signal });
  const models = servers.flatMap(({ id, models: names }) => names.slice(0, 5).map((name) => `${id}/${name}`));
  const toolChains = hiddenToolChains(context.system.env, context.userHome, []);
  const editor = editorOf(context, input.option("editor"));
  const { policy, project, installation } = outcome;
  if (context.json) {
    context.output.json({
      v: 1,
      project,
      policy: { path: policy.path, sha256: policy.sha256, created: policy.created, trusted: policy.trusted },
      keys: { created: installation.keys.created },
      models,
      tool_chains: toolChains,
      editor,
      next: NEXT,
    });
    return EXIT.ok;
  }
  showOutcome(context, outcome, input.flag("private"));
  if (outer !== null) context.output.text(`inside     the project ${outer}, which no longer covers this folder`);
  if (models.length > 0) {
    context.output.text(`models     on this machine: ${models.join(" ")}`);
    context.output.text(
      `           to use one, add to ${join(installation.home, "config.yml")}: model: ${models[0]} (and v: 1)`,
    );
  }
  if (toolChains.length > 0) {
    context.output.text(`tools      commands in the sandbox do not see ${toolChains.join(" ")} (agentzero doctor)`);
  }
  if (editor !== null) context.output.text(`editor     ${editor.place}\n${editor.snippet}`);
  context.output.text(`next\n${NEXT.map((line) => `  ${line}`).join("\n")}`);
  return EXIT.ok;
}

/** A project further up, whose rules end at this folder from now on. */
function outerProject(context: CommandContext): string | null {
  if (existsSync(join(context.cwd, PROJECT_FOLDER)) || dirname(context.cwd) === context.cwd) return null;
  return findProject({ ...context, cwd: dirname(context.cwd) });
}

/** A policy that came with the folder counts only after a person has read it. */
function showForeignPolicy(context: CommandContext, { policy }: InitOutcome): ExitCode {
  if (!context.json) context.output.text(policy.text);
  throw new CliError(
    "POLICY_UNTRUSTED",
    `Cannot trust "${policy.path}": it was there already, and nobody vouched for it`,
    {
      hint: "read it, then: agentzero policy trust",
    },
  );
}

function showOutcome(context: CommandContext, outcome: InitOutcome, wantsPrivate: boolean): void {
  const { policy, project, installation } = outcome;
  const { output } = context;
  output.text(`project    ${project}`);
  if (policy.created) output.text(`policy     ${policy.path}, written and trusted (${policy.sha256.slice(0, 19)}…)`);
  else {
    output.text(`policy     ${policy.path}, there already and trusted`);
    if (wantsPrivate) {
      output.text("           --private changes no policy that is there: edit it, then `agentzero policy trust`");
    }
  }
  output.text(`keys       ${join(installation.home, "keys")}${installation.keys.created ? ", made" : ""}`);
}

function editorOf(context: CommandContext, name: string | undefined): ReturnType<typeof editorSettings> | null {
  if (name === undefined) return null;
  const { execPath, argv, versions } = process;
  const own = ownCommand(context.system.env, {
    execPath,
    entry: argv[1] ?? execPath,
    deno: versions["deno"] !== undefined,
  });
  return editorSettings(name, own);
}
