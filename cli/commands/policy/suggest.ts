import { AuditError, type AuditEvent, listSessionFiles, parseFilter } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import type { ApprovedAction, PolicySuggestion } from "../../../policy/mod.ts";
import { lookupProgram } from "../../../sandbox/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../../exit-codes.ts";
import { requireProject } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";
import { openReading, sessionArgument } from "../audit/open-reading.ts";
import { openLive } from "./open.ts";
import { rebuildActions } from "./recorded-actions.ts";
import { type NumberedEvent, readEvents } from "./sealed-events.ts";

/** Runs `policy suggest`: rules for what was approved again and again, to paste. Applies nothing. */
export async function policySuggest(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const asked = input.option("min") ?? "2";
  if (!/^[1-9]\d{0,8}$/.test(asked)) {
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
  let exit: ExitCode = EXIT.ok;
  for (const session of sessions) {
    try {
      const events = (await readEvents(reading, session)).filter(({ event }) => isSince(event, filter.since));
      approved.push(...approvedIn(events, { session, project }));
    } catch (cause) {
      if (named !== undefined || !isDamage(cause)) throw cause;
      // What a damaged record says is no reason for a rule; the others are.
      context.output.note(`warning: ${cause.message}; it is left out`);
      exit = EXIT.integrity;
    }
  }
  await reading.noteRead();
  const { live } = await openLive(context, project);
  const suggestions = live.suggestRules(approved, Number(asked));
  if (context.json) context.output.json({ v: 1, suggestions });
  else show(context, suggestions);
  return exit;
}

function isDamage(cause: unknown): cause is AuditError {
  return cause instanceof AuditError && exitCodeOf(cause.code) === EXIT.integrity;
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
  if (suggestions.length > 1) {
    output.note(
      "paste one of them, then run this again: where two replace the same rule, the later one takes back the earlier",
    );
  }
  if (suggestions.length === 0) output.text("nothing was approved often enough to suggest a rule for it");
}
