import { type AuditEvent, listSessionFiles, parseFilter } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import type { ApprovedAction, PolicySuggestion } from "../../../policy/mod.ts";
import { lookupProgram } from "../../../sandbox/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { requireProject } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";
import { openReading, sessionArgument } from "../audit/open-reading.ts";
import { openLive } from "./open.ts";
import { rebuildActions } from "./recorded-actions.ts";
import { type NumberedEvent, readEvents } from "./sealed-events.ts";

/** Runs `policy suggest`: rules for what was approved again and again, to paste. Applies nothing. */
export async function policySuggest(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const min = Number(input.option("min") ?? "2");
  if (!Number.isInteger(min) || min < 1) {
    throw badUsage("Cannot suggest: --min is not a whole number from 1", "--min 2");
  }
  const project = requireProject(context);
  const reading = await openReading(context, input, "ask");
  const named = input.option("session");
  const sessions = named === undefined
    ? listSessionFiles(reading.dir).map(({ session }) => session)
    : [sessionArgument(named)];
  const since = named === undefined ? input.option("since") : undefined;
  const filter = parseFilter({ since }, context.system.clock.now());
  const approved: ApprovedAction[] = [];
  for (const session of sessions) {
    const events = (await readEvents(reading, session)).filter(({ event }) => isSince(event, filter.since));
    approved.push(...approvedIn(events, { session, project }));
  }
  await reading.noteRead();
  const { live } = await openLive(context, project);
  const suggestions = live.suggestRules(approved, min);
  if (context.json) context.output.json({ v: 1, suggestions });
  else show(context, suggestions);
  return EXIT.ok;
}

function isSince({ timestamp }: AuditEvent, since: number | undefined): boolean {
  return since === undefined || (typeof timestamp === "string" && Date.parse(timestamp) >= since);
}

interface Place {
  readonly session: SessionId;
  readonly project: string;
}

/** An intent that asked, and a person's yes to it; a remembered answer says nothing new. */
function approvedIn(events: readonly NumberedEvent[], { session, project }: Place): readonly ApprovedAction[] {
  const answered = new Set<string>();
  for (const { event } of events) {
    const { approval, execution_id: id } = event;
    if (event.event !== "approval" || id === null || id === undefined) continue;
    if (approval?.answer === "allow" && approval.channel !== "grant") answered.add(id);
  }
  return events.flatMap(({ seq, event }) => {
    if (event.event !== "intent" || !answered.has(event.execution_id ?? "")) return [];
    const { actions } = rebuildActions(event, { project, lookup: (word) => lookupProgram(word) });
    return actions
      .filter(({ lacks, recorded }) => lacks === null && recorded.decision === "requires_approval")
      .map(({ action }): ApprovedAction => ({ action, session, seq }));
  });
}

function show({ output }: CommandContext, suggestions: readonly PolicySuggestion[]): void {
  for (const { yaml, events, diff } of suggestions) {
    output.text(`# approved ${events.length} times; under \`rules\`, in place of rules with the same id:`);
    output.text(yaml);
    for (const { capability, region, from, to } of diff) output.text(`#   ${capability} ${region}: ${from} -> ${to}`);
  }
  if (suggestions.length === 0) output.text("nothing was approved often enough to suggest a rule for it");
}
