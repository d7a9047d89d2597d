import { type ListedTranscript, listTranscripts } from "../../../session/mod.ts";
import type { CommandContext } from "../../context.ts";
import { openTranscripts } from "./open-transcripts.ts";

/** `session list`: the conversations of the project, the last one first. */
export async function sessionList(context: CommandContext): Promise<void> {
  const { folder } = await openTranscripts(context, false);
  const listed = listTranscripts(folder);
  if (context.json) {
    context.output.json({ v: 1, sessions: listed.map(entryOf) });
    return;
  }
  if (listed.length === 0) {
    context.output.note("no conversation is kept here yet");
    return;
  }
  context.output.table([
    ["SESSION", "LAST", "MODEL", "TITLE"],
    ...listed.map((each) => [
      each.session,
      new Date(each.updated).toISOString().replace("T", " ").slice(0, 16),
      each.header === null ? "-" : `${each.header.provider}/${each.header.model}`,
      each.header?.title ?? `(${each.state})`,
    ]),
  ]);
}

function entryOf(each: ListedTranscript): object {
  return {
    session: each.session,
    title: each.header?.title ?? null,
    created: each.created === null ? null : new Date(each.created).toISOString(),
    updated: new Date(each.updated).toISOString(),
    provider: each.header?.provider ?? null,
    model: each.header?.model ?? null,
    bytes: each.bytes,
    state: each.state,
  };
}
