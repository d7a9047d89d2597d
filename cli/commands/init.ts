import { type Command, Option } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `init`. */
export function register(program: Command, frame: Frame): void {
  program.command("init")
    .description("make this folder a project: write .agentzero/ with a policy, trust it, make keys on first use")
    .option("--private", "a stricter policy: reads are masked, every change asks, nothing leaves this machine")
    .addOption(new Option("--editor <name>", "print the settings for an editor").choices(["zed", "vscode"]))
    .addHelpText("after", examples("agentzero init", "agentzero init --private", "agentzero init --editor zed"))
    .action(frame.action(async () => (await import("./init/run-init.ts")).runInit));
}
