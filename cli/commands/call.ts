import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

const ARGUMENTS = `
Arguments of the built-in tools:
  read    {path, offset?, limit?}
  list    {path, depth?}
  search  {pattern, path?, literal?, max?}
  write   {path, content}
  edit    {path, old, new, all?}
  shell   {command | argv, cwd?, timeout_ms?, secrets?: {VARIABLE: handle}, hosts?: ["host:port"]}
  fetch   {url, method?, headers?, body?, secret?: {handle, as}}
  use_skill  {name}
  generate_tool  {name, description, language, source, input_schema, permissions?, examples}`;

/** Declares `call`. */
export function register(program: Command, frame: Frame): void {
  program.command("call")
    .description("make one tool call through the gate, without a model")
    .argument("<tool>", "read list search write edit shell fetch use_skill generate_tool, or a generated tool")
    .argument("[args]", "its arguments as JSON; - reads them from stdin", "{}")
    .option("--approve", "answer every question of this one call with yes, once; a deny stays a deny")
    .addHelpText("after", ARGUMENTS)
    .addHelpText(
      "after",
      examples(
        `agentzero call read '{"path":"README.md"}'`,
        `agentzero call shell '{"command":"npm test"}' --json`,
        `echo '{"path":"a.txt","content":"hi"}' | agentzero call write - --approve`,
      ),
    )
    .action(frame.action(async () => (await import("./call/run-call.ts")).runCallCommand));
}
