import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";
import { registerInstall } from "./skill/register-install.ts";

import { registerRun } from "./skill/register-run.ts";
/** Declares `skill` and its subcommands. */
export function register(program: Command, frame: Frame): void {
  const skill = program.command("skill")
    .description("make, check, install and run skills")
    .addHelpText("after", examples("agentzero skill list", "agentzero skill install ./pdf-report-1.2.0.azs"));
  registerInstall(skill, frame);
}
  registerRun(skill, frame);
