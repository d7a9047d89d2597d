import { isWord, nearestName } from "../../../core/mod.ts";
import { exportDocument, exportHtml, exportMarkdown, readTranscript } from "../../../session/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { writeDocument } from "../audit/write-document.ts";
import { maskAgain, openTranscripts, sessionArgument } from "./open-transcripts.ts";

const FORMATS = ["md", "html"] as const;

/** `session export`: a conversation as one file, masked once more. */
export async function sessionExport(context: CommandContext, input: CommandInput): Promise<void> {
  const format = input.option("format") ?? "";
  if (!isWord(FORMATS, format)) {
    const near = nearestName(format, FORMATS);
    throw badUsage(
      `Cannot export as "${format.slice(0, 40)}": unknown format`,
      near === null ? `one of: ${FORMATS.join(" ")}` : `did you mean "${near}"?`,
    );
  }
  const session = sessionArgument(input.arg(0));
  const { folder, installation } = await openTranscripts(context, true);
  const content = readTranscript(folder, session);
  const document = exportDocument(content, await maskAgain(context, installation));
  for (const notice of content.notices) context.output.note(`note: ${notice}`);
  await writeDocument(context, input, [format === "html" ? exportHtml(document) : exportMarkdown(document)]);
}
