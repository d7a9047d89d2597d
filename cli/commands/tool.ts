import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `tool` and its subcommands. */
export function register(program: Command, frame: Frame): void {
  const tool = program.command("tool")
    .description("generated tools: list, make, run, roll back, switch off, build into a skill")
    .addHelpText("after", examples("agentzero tool list", "agentzero tool generate word-count.json --approve"));
  tool.command("list")
    .description("list the tools that were generated in this project")
    .addHelpText("after", examples("agentzero tool list", "agentzero tool list --json"))
    .action(frame.action(async () => (await import("./tool/list.ts")).toolList));
  tool.command("show")
    .description("show a tool: what it may do, its examples, its source, its versions")
    .argument("<name>", "name of the tool")
    .argument("[version]", "number of a version, by default the active one")
    .addHelpText("after", examples("agentzero tool show word-count", "agentzero tool show word-count 1 --json"))
    .action(frame.action(async () => (await import("./tool/show.ts")).toolShow));
  tool.command("generate")
    .description("register a tool from its definition, once a person approved it and its examples passed")
    .argument("[file]", "the definition as JSON; - reads it from stdin")
    .option("--from <dir>", "make a tool of somebody else's anew: its folder, or one of its versions")
    .option("--approve", "answer every question of this one call with yes, once; a deny stays a deny")
    .addHelpText(
      "after",
      examples(
        "agentzero tool generate word-count.json",
        "agentzero tool generate - --approve --json < word-count.json",
        "agentzero tool generate --from .agentzero/skills/word-count",
      ),
    )
    .action(frame.action(async () => (await import("./tool/generate.ts")).toolGenerate));
  tool.command("run")
    .description("run a tool")
    .argument("<name>", "name of the tool")
    .option("--input <json>", "its input as JSON; - reads it from stdin", "{}")
    .option("--approve", "answer every question of this one call with yes, once; a deny stays a deny")
    .addHelpText("after", examples(`agentzero tool run word-count --input '{"text":"one two"}'`))
    .action(frame.action(async () => (await import("./tool/run.ts")).toolRun));
  tool.command("rollback")
    .description("make another version the active one, and switch the tool on")
    .argument("<name>", "name of the tool")
    .argument("[version]", "number of the version, by default the one before the active one")
    .addHelpText("after", examples("agentzero tool rollback word-count", "agentzero tool rollback word-count 1"))
    .action(frame.action(async () => (await import("./tool/rollback.ts")).toolRollback));
  tool.command("disable")
    .description("switch a tool off until a rollback")
    .argument("<name>", "name of the tool")
    .addHelpText("after", examples("agentzero tool disable word-count"))
    .action(frame.action(async () => (await import("./tool/disable.ts")).toolDisable));
  tool.command("build")
    .description("build a tool into the folder of a skill with a component of its own")
    .argument("<name>", "name of the tool")
    .requiredOption("-o, --out <dir>", "the folder to make")
    .option("--namespace <name>", "namespace of the skill", "local")
    .addHelpText("after", examples("agentzero tool build word-count -o ./word-count"))
    .action(frame.action(async () => (await import("./tool/build.ts")).toolBuild));
}
