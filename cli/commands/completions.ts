import { Argument, type Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `completions`. */
export function register(program: Command, frame: Frame): void {
  program.command("completions")
    .description("print a completion script for your shell")
    .addArgument(new Argument("<shell>", "the shell to complete in").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      examples(
        "agentzero completions bash > ~/.local/share/bash-completion/completions/agentzero",
        "agentzero completions fish > ~/.config/fish/completions/agentzero.fish",
      ),
    )
    .action(frame.action(async () => (await import("./completions/run.ts")).runCompletions));
}
