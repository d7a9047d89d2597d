import { join } from "node:path";
import { writerFacts } from "../../../audit/mod.ts";
import { removeTranscript, transcriptFile } from "../../../session/mod.ts";
import { existsSync } from "node:fs";
import { processFacts } from "../../compose/host-facts.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { peekHome } from "../../home.ts";
import { findFolder, sessionArgument } from "./open-transcripts.ts";

/** `session rm`: deletes a conversation, never the record of what it did. */
export async function sessionRemove(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const session = sessionArgument(input.arg(0));
  const { dir, project } = findFolder(context);
  const own = writerFacts(processFacts({ userHome: context.userHome, home: peekHome(context.home) }));
  // A session that is not there is not asked about.
  if (existsSync(transcriptFile(dir, session)) && !input.flag("yes")) {
    if (context.terminal === null) {
      throw new CliError("NO_TERMINAL", `Cannot delete "${session}": nobody can be asked`, { hint: "add --yes" });
    }
    if (!await context.terminal.confirm(`Delete the conversation ${session}? The record of what it did stays.`)) {
      context.output.note("nothing was deleted");
      return EXIT.failed;
    }
  }
  removeTranscript(dir, session, own);
  const record = join(project === null ? peekHome(context.home) : ".agentzero", "audit", `${session}.jsonl`);
  if (context.json) context.output.json({ v: 1, session, removed: true, audit: { file: record } });
  else context.output.text(`${session}  deleted; the record of what it did stays in ${record}`);
  return EXIT.ok;
}
