import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `session` and its subcommands. */
export function register(program: Command, frame: Frame): void {
  const session = program.command("session")
    .description("list, read, hand out and delete conversations")
    .addHelpText("after", examples("agentzero session list", "agentzero session show ses_01K9…"));
  session.command("list")
    .description("list the conversations of this project, the last one first")
    .addHelpText("after", examples("agentzero session list", "agentzero session list --json"))
    .action(frame.action(async () => (await import("./session/list.ts")).sessionList));
  session.command("show")
    .description("print a conversation")
    .argument("<id>", "ses_…")
    .addHelpText("after", examples("agentzero session show ses_01K9…", "agentzero session show ses_01K9… --json"))
    .action(frame.action(async () => (await import("./session/show.ts")).sessionShow));
  session.command("export")
    .description("write a conversation as one Markdown or HTML file, masked once more")
    .argument("<id>", "ses_…")
    .requiredOption("--format <format>", "md or html")
    .option("-o, --out <file>", "write to a file of mode 0600 instead of stdout")
    .addHelpText("after", examples("agentzero session export ses_01K9… --format html -o talk.html"))
    .action(frame.action(async () => (await import("./session/export.ts")).sessionExport));
  session.command("rm")
    .description("delete a conversation; the record of what it did stays")
    .argument("<id>", "ses_…")
    .option("--yes", "do not ask")
    .addHelpText("after", examples("agentzero session rm ses_01K9… --yes"))
    .action(frame.action(async () => (await import("./session/remove.ts")).sessionRemove));
}
