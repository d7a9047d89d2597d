import type { AuditEvent } from "../../../../audit/mod.ts";
import { type ApprovalRequest, describeTarget } from "../../../../core/mod.ts";
import { placeText } from "../../../../policy/mod.ts";
import { saysYes } from "../person.ts";
import type { Evidence } from "./evidence.ts";

/** I4: whatever was allowed was allowed by a person, who was shown exactly that; a remembered yes covers nothing else. */
export function checkActs(evidence: Evidence): readonly string[] {
  const { journal, questions, trace, world } = evidence;
  const bad: string[] = [...notShown(evidence), ...neverAgain(evidence)];
  const intents = new Map<string, AuditEvent>();
  let yes: ApprovalRequest[] = [];
  for (const entry of journal) {
    if (entry.kind !== "record") continue;
    const { event } = entry;
    // Answers for the session end with it; for good are only those that were given so.
    if (event.event === "session.start" && trace.person !== "lasting") yes = [];
    if (event.event === "intent") intents.set(event.execution_id ?? "", event);
    if (event.event !== "approval" || event.approval?.answer !== "allow") continue;
    if (!saysYes(trace.person)) bad.push(`${event.approval.channel ?? ""}: an answer that nobody gave`);
    const intent = intents.get(event.execution_id ?? "");
    if (intent === undefined) {
      bad.push("an answer to nothing that was wanted");
      continue;
    }
    if (event.approval.channel === "grant") {
      bad.push(...uncovered(intent, yes, world.project));
      continue;
    }
    const question = questions.find(({ call, digest }) => call === event.call && digest === event.approval?.digest);
    if (question === undefined) bad.push("an answer to a question that was not put");
    else {
      yes.push(question);
      if (asked(intent).some((one) => !question.actions.some(({ action }) => isSame(one, action, world.project)))) {
        bad.push(`${intent.tool ?? ""}: more was done than was shown`);
      }
    }
  }
  return bad;
}

// What is written is what was shown, over what was shown: a file that changed while the question was open is another one.
function notShown({ journal, questions }: Evidence): readonly string[] {
  const bad: string[] = [];
  // A tool may write what needs no answer before and after it asks for the same file.
  const answered = new Set<string | null | undefined>();
  for (const entry of journal) {
    if (entry.kind === "record" && entry.event.approval?.answer === "allow") answered.add(entry.event.approval.digest);
    if (entry.kind !== "effect" || entry.backend !== "writer" || entry.found === undefined) continue;
    const { target, content } = { target: "", content: null, ...entry.spec };
    const question = questions.findLast(({ call, digest, preview, actions }) =>
      call === entry.call && answered.has(digest) && preview.kind === "changes" &&
      actions.some(({ action }) => describeTarget(action.target) === target)
    );
    if (question?.preview.kind !== "changes") continue;
    const [shown] = question.preview.changes;
    if (shown === undefined || JSON.stringify(shown).includes("[SECRET")) continue;
    const done = content === null ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    if (shown.after !== done) bad.push("something else was written than was shown");
    // What is no text is not shown as one.
    if (shown.before !== entry.found && entry.found?.includes("\ufffd") !== true) {
      bad.push("written over something else than was shown");
    }
  }
  return bad;
}

// Whoever said never is not asked again, and it does not happen.
function neverAgain({ journal, questions, trace }: Evidence): readonly string[] {
  if (trace.person !== "never") return [];
  const [first, ...others] = questions;
  if (first === undefined) return [];
  const denied = first.actions.map(({ action }) => `${action.capability} ${describeTarget(action.target)}`);
  const again = others.some(({ actions }) =>
    actions.some(({ action }) =>
      denied.includes(`${action.capability} ${describeTarget(action.target)}`) && isWhole(action)
    )
  );
  return again && journal.length > 0 ? ["asked again after never"] : [];
}

// Of the others more than the target decides what was answered: the folder, the method, the classes.
function isWhole({ capability }: { readonly capability: string }): boolean {
  return capability === "file_write" || capability === "file_read";
}

function asked({ actions }: AuditEvent): NonNullable<AuditEvent["actions"]> {
  return (actions ?? []).filter(({ decision }) => decision === "requires_approval");
}

// A remembered yes covers the very same action; of a request the path does not count, only where it goes and how.
function uncovered(intent: AuditEvent, yes: readonly ApprovalRequest[], project: string): readonly string[] {
  const shown = yes.flatMap(({ actions }) => actions);
  // Whoever lets a tool be made, having seen its source and permissions, lets exactly that version run.
  const { id, version } = intent.skill ?? {};
  const made = `${id ?? ""}@${version ?? ""}`;
  if (shown.some(({ action }) => action.capability === "package_install" && describeTarget(action.target) === made)) {
    return [];
  }
  // Whether untrusted text shaped it stands in the record for the call as a whole.
  const alone = intent.tainted === true && asked(intent).length === 1;
  return asked(intent).filter((one) =>
    !shown.some(({ action }) => isSame(one, action, project) && (action.tainted || !alone))
  )
    .map(({ capability, target }) => `a remembered yes was used for ${capability ?? ""} ${target ?? ""}`);
}

function isSame(
  one: NonNullable<AuditEvent["actions"]>[number],
  { capability, target }: ApprovalRequest["actions"][number]["action"],
  project: string,
): boolean {
  if (one.capability !== capability) return false;
  const given = one.target ?? "";
  // A command that starts elsewhere is recorded with its folder.
  const shown = target.kind === "command" ? placeText(target, project) : describeTarget(target);
  // What a person is shown is masked, what is recorded is masked when it is written.
  if (given.includes("[SECRET") || shown.includes("[SECRET")) return true;
  if (capability !== "network_request") return given === shown;
  const [method, url] = given.split(" ");
  const [shownMethod, shownUrl] = shown.split(" ");
  return method === shownMethod && URL.parse(url ?? "")?.origin === URL.parse(shownUrl ?? "")?.origin;
}
