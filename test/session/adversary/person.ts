import { appendFileSync, existsSync, lstatSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { createNobody } from "../../../cli/approvers.ts";
import { type ApprovalAnswer, type ApprovalRequest, type Approver, b2 } from "../../../core/mod.ts";

/**
 * Who is at the other end of questions. `always` and `lasting` say yes for as far as is offered, to the session or for
 * good; `first` keeps only the first of several changes; `never` answers the first question so and says yes to the others;
 * `stale` says yes to another question, `late` only after having stopped it all: neither of them has said yes.
 */
export type Person = "nobody" | "no" | "yes" | "always" | "lasting" | "first" | "never" | "stale" | "late";

/** Tells whether somebody of this kind ever says yes to what is asked. */
export function saysYes(person: Person): boolean {
  return person === "yes" || person === "always" || person === "lasting" || person === "first" || person === "never";
}

/** Where somebody sits. */
export interface Seat {
  readonly project: string;
  /** Another program writes into the files of a question while it is open. */
  readonly meddles: boolean;
  readonly questions: ApprovalRequest[];
  /** Hears of each question when it is put. */
  asked(request: ApprovalRequest): void;
  /** Names below the project that the other program wrote. */
  readonly meddled: Set<string>;
  /** Stops what is under way. */
  stop(): void;
}

/** Gives somebody who answers, and writes every question down. */
export function approverOf(person: Person, seat: Seat): Approver {
  if (person === "nobody") return createNobody();
  return {
    channel: "terminal",
    ask(request) {
      seat.questions.push(request);
      seat.asked(request);
      if (seat.meddles) meddle(request, seat);
      return Promise.resolve(answerOf(person, request, seat));
    },
  };
}

function answerOf(person: Exclude<Person, "nobody">, request: ApprovalRequest, seat: Seat): ApprovalAnswer {
  const { digest, scopes, preview } = request;
  const yes = { kind: "allowed", scope: "once", subject: digest, only: null } as const;
  switch (person) {
    case "no":
      return { kind: "refused", why: "no", message: null };
    case "yes":
      return yes;
    case "always":
      return { ...yes, scope: scopes.includes("session") ? "session" : "once" };
    case "lasting":
      return { ...yes, scope: scopes.at(-1) ?? "once" };
    case "first":
      return { ...yes, only: preview.kind === "changes" ? preview.changes.slice(0, 1).map(({ path }) => path) : null };
    case "never":
      return seat.questions.length === 1 ? { kind: "refused", why: "never", message: null } : yes;
    case "stale":
      return { ...yes, subject: seat.questions.at(-2)?.digest ?? b2(new Uint8Array()) };
    case "late":
      seat.stop();
      return yes;
    default:
      return person satisfies never;
  }
}

function meddle({ preview }: ApprovalRequest, { project, meddled }: Seat): void {
  if (preview.kind !== "changes") return;
  for (const { path } of preview.changes) {
    const file = join(project, path);
    // Only what lies in the project, and only files and what is not there yet.
    if (isAbsolute(path) || path.includes("..") || lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) {
      continue;
    }
    if (!existsSync(join(file, ".."))) continue;
    if (existsSync(file)) appendFileSync(file, "// meanwhile\n");
    else writeFileSync(file, "// meanwhile\n");
    meddled.add(path);
  }
}
