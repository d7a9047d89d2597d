import { type Command, Option } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `run`. */
export function register(program: Command, frame: Frame): void {
  program.command("run")
    .description("answer one prompt without asking anything; stdin is appended as data")
    .argument("<prompt>", "what to do; - reads it from stdin")
    .addOption(new Option("-o, --output <form>", "form of the result").choices(["text", "json", "stream-json"]))
    .option("--max-turns <n>", "stop after this many model calls")
    .option("-c, --continue", "go on with the newest conversation of this project")
    .option("--resume <session>", "go on with this conversation")
    .option("--provider <name>", "provider from your config.yml, builtin, or script")
    .option("--model <name>", "model, as NAME or PROVIDER/NAME")
    .option("--script <file>", "turns for the provider `script`")
    .addHelpText(
      "after",
      examples(
        'agentzero run "read README.md"',
        'git diff | agentzero run "what changes here?" --model ollama/llama3.2',
        'agentzero run "go" --provider script --script turns.yml --output stream-json',
      ),
    )
    .action(frame.action(async () => (await import("./run/run-prompt.ts")).runPromptCommand));
}
