import { loadSodium } from "../../../core/mod.ts";
import type { CommandContext } from "../../context.ts";
import { limitEntries } from "../../config/limits.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { peekHome } from "../../home.ts";
import type { Protection } from "../../../sandbox/mod.ts";
import { VERSION } from "../../version.ts";
import type { Check } from "./check.ts";
import {
  checkConfig,
  checkGit,
  checkHome,
  checkKeys,
  checkProject,
  checkRuntime,
  checkTerminal,
  checkToolChains,
} from "./local-checks.ts";
import { checkModels, checkTiers, checkWasm } from "./machine-checks.ts";
import { checkAudit, checkPolicy } from "./project-checks.ts";
import { sameReason } from "./same-reason.ts";

/** Says what works here: the command `doctor`. */
export async function runDoctor(context: CommandContext): Promise<ExitCode> {
  // The canaries digest what they ran.
  await loadSodium();
  const home = peekHome(context.home);
  const { check: placed, project } = checkProject(context);
  const { check: configured, config } = await checkConfig(context, home, project);
  const [tiers, models, policy] = await Promise.all([
    checkTiers(context, home, config),
    checkModels(context, config),
    checkPolicy(context, home, project),
  ]);
  const checks: readonly Check[] = [
    checkRuntime(),
    ...tiers.checks,
    checkWasm(),
    checkHome(home),
    checkKeys(home),
    configured,
    placed,
    policy,
    checkAudit(project),
    models,
    checkTerminal(context),
    checkToolChains(context, config),
    checkGit(context),
  ];
  const failed = checks.some(({ status }) => status === "fail");
  if (context.json) {
    const entries = config === null ? [] : [...config.entries, ...limitEntries(config)];
    context.output.json({
      v: 1,
      ok: !failed,
      version: VERSION,
      checks,
      protections: tiers.protections,
      config: entries,
    });
  } else {
    context.output.table(checks.flatMap(rows));
    context.output.text("\nProtections of files and commands:");
    context.output.table(sameReason(tiers.protections).flatMap(protectionRows));
  }
  return failed ? EXIT.failed : EXIT.ok;
}

function protectionRows({ name, state, detail, fix }: Protection): readonly (readonly string[])[] {
  const row = [state, name, detail];
  return fix === null ? [row] : [row, ["", "", `do: ${fix}`]];
}

function rows(check: Check): readonly (readonly string[])[] {
  const row = [check.status, check.name, check.detail];
  return check.fix === null ? [row] : [row, ["", "", `do: ${check.fix}`]];
}
