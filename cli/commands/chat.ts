import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `chat`. */
export function register(program: Command, frame: Frame): void {
  program.command("chat")
    .description("talk to the agent on a terminal; every action is decided, asked about where policy says so, recorded")
    .option("-c, --continue", "go on with the newest conversation of this project")
    .option("--resume <session>", "go on with this conversation")
    .option("--provider <name>", "provider from your config.yml, builtin, or script")
    .option("--model <name>", "model, as NAME or PROVIDER/NAME")
    .option("--script <file>", "turns for the provider `script`")
    .option("--plain", "no redrawn lines: for screen readers and logs")
    .option("--read-only", "start in the mode that only reads")
    .addHelpText(
      "after",
      examples("agentzero chat", "agentzero chat --model ollama/llama3.2", "agentzero chat -c"),
    )
    .action(frame.action(async () => (await import("./chat/run-chat.ts")).runChat));
}
