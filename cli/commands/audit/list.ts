import { listSessions } from "../../../audit/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { openReading } from "./open-reading.ts";

/** `audit list`: the sessions of the project, newest first. */
export async function auditList(context: CommandContext, input: CommandInput): Promise<void> {
  const { dir, secretOf, filter } = await openReading(context, input, "quietly");
  const sessions = await listSessions(dir, secretOf, filter);
  if (context.json) {
    context.output.json({ v: 1, sessions });
    return;
  }
  if (sessions.length === 0) {
    context.output.note("no session matches");
    return;
  }
  context.output.table([
    ["SESSION", "START", "EVENTS", "DENIED", "CLOSED", "DANGLING", "READABLE"],
    ...sessions.map((each) => [
      each.session,
      each.start?.replace("T", " ").slice(0, 19) ?? "-",
      String(each.events),
      each.denied === null ? "-" : String(each.denied),
      each.closed ? "yes" : "no",
      each.dangling === null ? "-" : String(each.dangling),
      each.readable ? "yes" : "no",
    ]),
  ]);
}
