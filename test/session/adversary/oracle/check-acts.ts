import type { AuditEvent } from "../../../../audit/mod.ts";
import { type ApprovalRequest, describeTarget } from "../../../../core/mod.ts";
import { type Evidence, saysYes } from "./evidence.ts";

/** I4: whatever was allowed was allowed by a person, who was shown exactly that; a remembered yes covers nothing else. */
export function checkActs(evidence: Evidence): readonly string[] {
  const { journal, questions, trace } = evidence;
  const bad: string[] = [];
  const intents = new Map<string, AuditEvent>();
  const yes: ApprovalRequest[] = [];
  for (const entry of journal) {
    if (entry.kind !== "record") continue;
    const { event } = entry;
    if (event.event === "intent") intents.set(event.execution_id ?? "", event);
    if (event.event !== "approval" || event.approval?.answer !== "allow") continue;
    if (!saysYes(trace)) bad.push(`${event.approval.channel ?? ""}: an answer that nobody gave`);
    const intent = intents.get(event.execution_id ?? "");
    if (intent === undefined) {
      bad.push("an answer to nothing that was wanted");
      continue;
    }
    if (event.approval.channel === "grant") {
      bad.push(...uncovered(intent, yes));
      continue;
    }
    const question = questions.find(({ call, digest }) => call === event.call && digest === event.approval?.digest);
    if (question === undefined) bad.push("an answer to a question that was not put");
    else {
      yes.push(question);
      if (asked(intent).some((one) => !question.actions.some(({ action }) => isSame(one, action)))) {
        bad.push(`${intent.tool ?? ""}: more was done than was shown`);
      }
    }
  }
  return bad;
}

function asked({ actions }: AuditEvent): NonNullable<AuditEvent["actions"]> {
  return (actions ?? []).filter(({ decision }) => decision === "requires_approval");
}

// A remembered yes covers the very same action; of a request the path does not count, only where it goes and how.
function uncovered(intent: AuditEvent, yes: readonly ApprovalRequest[]): readonly string[] {
  const shown = yes.flatMap(({ actions }) => actions);
  // Whoever lets a tool be made, having seen its source and permissions, lets exactly that version run.
  const { id, version } = intent.skill ?? {};
  const made = `${id ?? ""}@${version ?? ""}`;
  if (shown.some(({ action }) => action.capability === "package_install" && describeTarget(action.target) === made)) {
    return [];
  }
  return asked(intent).filter((one) => !shown.some(({ action }) => isSame(one, action)))
    .map(({ capability, target }) => `a remembered yes was used for ${capability ?? ""} ${target ?? ""}`);
}

function isSame(
  one: NonNullable<AuditEvent["actions"]>[number],
  action: ApprovalRequest["actions"][number]["action"],
): boolean {
  if (one.capability !== action.capability) return false;
  const [given, shown] = [one.target ?? "", describeTarget(action.target)];
  if (action.capability !== "network_request") return given === shown || given.includes("[SECRET");
  const [method, url] = given.split(" ");
  const [shownMethod, shownUrl] = shown.split(" ");
  return method === shownMethod && URL.parse(url ?? "")?.origin === URL.parse(shownUrl ?? "")?.origin;
}
