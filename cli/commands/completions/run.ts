import type { CommandContext, CommandInput } from "../../context.ts";
import { commandTree } from "../../program.ts";
import { bashCompletions } from "./bash.ts";
import { fishCompletions } from "./fish.ts";
import { completionTree } from "./tree.ts";
import { zshCompletions } from "./zsh.ts";

/** Prints the completion script of a shell. */
export async function runCompletions(context: CommandContext, input: CommandInput): Promise<void> {
  const tree = completionTree(await commandTree());
  const script = scriptFor(input.arg(0), tree);
  if (context.json) context.output.json({ v: 1, shell: input.arg(0), script });
  else context.output.raw(script);
}

function scriptFor(shell: string | undefined, tree: ReturnType<typeof completionTree>): string {
  if (shell === "zsh") return zshCompletions(tree);
  return shell === "fish" ? fishCompletions(tree) : bashCompletions(tree);
}
