import { exportDocument, readTranscript, type TranscriptContent } from "../../../session/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { maskAgain, openTranscripts, sessionArgument } from "./open-transcripts.ts";

/** `session show`: a conversation on stdout, masked once more. */
export async function sessionShow(context: CommandContext, input: CommandInput): Promise<void> {
  const session = sessionArgument(input.arg(0));
  const { folder, installation } = await openTranscripts(context, true);
  const content = readTranscript(folder, session);
  const mask = await maskAgain(context, installation);
  for (const notice of content.notices) context.output.note(`note: ${notice}`);
  if (context.json) {
    context.output.json(maskJson(documentOf(content), mask));
    return;
  }
  const { title, facts, blocks } = exportDocument(content, mask);
  context.output.text(title);
  context.output.table(facts.map(([name, value]) => [`  ${name.toLowerCase()}`, value]));
  for (const block of blocks) {
    context.output.text(`\n${block.title}${block.label === "" ? "" : `  (${block.label})`}`);
    context.output.text(block.text.replaceAll(/^/gm, "  "));
  }
}

function documentOf(content: TranscriptContent): object {
  const { session, created, header, items, state, notices } = content;
  return { v: 1, session, created: new Date(created).toISOString(), header, items, state, notices };
}

function maskJson(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskJson(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [mask(name), maskJson(item, mask)]),
  );
}
