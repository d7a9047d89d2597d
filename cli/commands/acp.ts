import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `acp`. */
export function register(program: Command, frame: Frame): void {
  program.command("acp")
    .description("serve the Agent Client Protocol on stdio, for editors; `init --editor` prints their settings")
    .option("--provider <name>", "provider from your config.yml, builtin, or script")
    .option("--model <name>", "model, as NAME or PROVIDER/NAME")
    .option("--script <file>", "turns for the provider `script`")
    .option("--setup", "set up on a terminal instead: init and doctor")
    .addHelpText("after", examples("agentzero acp", "agentzero acp --model ollama/llama3.2", "agentzero acp --setup"))
    .action(frame.action(async () => (await import("../acp/main.ts")).runAcp, { endsWell: true }));
}
