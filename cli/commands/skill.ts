import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";
import { registerAuthor } from "./skill/register-author.ts";
import { registerInstall } from "./skill/register-install.ts";
import { registerRun } from "./skill/register-run.ts";

/** Declares `skill` and its subcommands: what a publisher does, then what a user does. */
export function register(program: Command, frame: Frame): void {
  const skill = program.command("skill")
    .description("make, check, sign, install and run skills")
    .addHelpText(
      "after",
      examples(
        "agentzero skill init pdf-report",
        "agentzero skill list",
        "agentzero skill install ./pdf-report-1.2.0.azs",
      ),
    );
  registerAuthor(skill, frame);
  registerInstall(skill, frame);
  registerRun(skill, frame);
}
