import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `demo`. */
export function register(program: Command, frame: Frame): void {
  program.command("demo")
    .description(
      "show a real session on a scripted model in a temporary folder: allowed, asked, denied, sandboxed, verified",
    )
    .option("--here", "play in the current project, with its policy, your home and no write answered with yes")
    .option("--keep", "keep the temporary folder and say where it is")
    .addHelpText("after", examples("agentzero demo", "agentzero demo --here"))
    .action(frame.action(async () => (await import("./demo/run-demo.ts")).runDemo));
}
