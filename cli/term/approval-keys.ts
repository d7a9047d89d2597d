import type { ApprovalRequest, ApprovalScope, PreviewChange } from "../../core/mod.ts";
import type { Key } from "./key.ts";

/** What the person is doing with a question. */
export type ApprovalStage =
  /** Keys do not count until nothing was typed for a while. */
  | { readonly kind: "quiet" }
  | { readonly kind: "asking" }
  /** Typing `yes` to store an answer. */
  | { readonly kind: "confirming"; readonly scope: Exclude<ApprovalScope, "never" | "once">; readonly typed: string }
  /** Typing what the model should know. */
  | { readonly kind: "explaining"; readonly typed: string }
  /** Choosing which changes to keep, one after the other. */
  | { readonly kind: "choosing"; readonly at: number; readonly kept: readonly string[] };

/** What a key leads to. */
export type ApprovalStep =
  | { readonly kind: "stay"; readonly stage: ApprovalStage }
  /** Show more, then wait for quiet again. */
  | {
    readonly kind: "show";
    readonly what: "details" | "rules" | "grant" | "next-file" | "explain";
    readonly stage: ApprovalStage;
  }
  | {
    readonly kind: "allow";
    readonly scope: Exclude<ApprovalScope, "never">;
    readonly only: readonly string[] | null;
  }
  | { readonly kind: "refuse"; readonly why: "no" | "never"; readonly message: string | null };

const MAX_TYPED = 2_000;
const NO: ApprovalStep = { kind: "refuse", why: "no", message: null };

/**
 * Says what a key means for a question. Only a few keys ever allow something; Enter never does.
 *
 * @param request The question.
 * @param stage What the person is doing.
 * @param key One key.
 * @returns What follows.
 */
export function approvalStep(request: ApprovalRequest, stage: ApprovalStage, key: Key): ApprovalStep {
  switch (stage.kind) {
    case "quiet":
      return { kind: "stay", stage };
    case "asking":
      return answer(request, stage, key);
    case "confirming":
      return confirm(stage, key);
    case "explaining":
      return explain(stage, key);
    case "choosing":
      return choose(request, stage, key);
    default:
      return stage satisfies never;
  }
}

function isEnd(key: Key): boolean {
  if (key.kind !== "key") return false;
  return key.name === "escape" || (key.ctrl && (key.name === "char:c" || key.name === "char:d"));
}

function isEnter(key: Key): boolean {
  return key.kind === "key" && (key.name === "enter" || (key.ctrl && key.name === "char:j"));
}

function answer(request: ApprovalRequest, stage: ApprovalStage, key: Key): ApprovalStep {
  if (isEnd(key) || isEnter(key)) return NO;
  // Threat: more than one character at once is a paste or type-ahead, never a considered answer.
  if (key.kind !== "text" || key.text.length !== 1) return { kind: "stay", stage: { kind: "quiet" } };
  switch (key.text) {
    case "y":
      return { kind: "allow", scope: "once", only: null };
    case "s":
      return request.scopes.includes("session")
        ? { kind: "allow", scope: "session", only: null }
        : { kind: "stay", stage };
    case "p":
      return store(request, "project", stage);
    case "k":
      return store(request, "package", stage);
    case "n":
      return NO;
    case "N":
      return { kind: "refuse", why: "never", message: null };
    case "e":
      return { kind: "show", what: "explain", stage: { kind: "explaining", typed: "" } };
    case "d":
      return { kind: "show", what: "details", stage: { kind: "quiet" } };
    case "?":
      return { kind: "show", what: "rules", stage: { kind: "quiet" } };
    case "f":
      return filesToChoose(request).length > 1
        ? { kind: "show", what: "next-file", stage: { kind: "choosing", at: 0, kept: [] } }
        : { kind: "stay", stage };
    default:
      return { kind: "stay", stage };
  }
}

function store(request: ApprovalRequest, scope: "project" | "package", stage: ApprovalStage): ApprovalStep {
  if (!request.scopes.includes(scope)) return { kind: "stay", stage };
  return { kind: "show", what: "grant", stage: { kind: "confirming", scope, typed: "" } };
}

function confirm(stage: Extract<ApprovalStage, { kind: "confirming" }>, key: Key): ApprovalStep {
  if (isEnd(key)) return NO;
  if (isEnter(key)) {
    return stage.typed.trim() === "yes" ? { kind: "allow", scope: stage.scope, only: null } : NO;
  }
  return { kind: "stay", stage: { ...stage, typed: edit(stage.typed, key) } };
}

function explain(stage: Extract<ApprovalStage, { kind: "explaining" }>, key: Key): ApprovalStep {
  if (isEnd(key)) return NO;
  if (isEnter(key)) {
    const message = stage.typed.trim();
    return { kind: "refuse", why: "no", message: message === "" ? null : message };
  }
  return { kind: "stay", stage: { ...stage, typed: edit(stage.typed, key) } };
}

function choose(
  request: ApprovalRequest,
  stage: Extract<ApprovalStage, { kind: "choosing" }>,
  key: Key,
): ApprovalStep {
  if (isEnd(key)) return NO;
  const change = filesToChoose(request)[stage.at];
  const yes = key.kind === "text" && key.text === "y";
  const no = isEnter(key) || (key.kind === "text" && key.text === "n");
  if (change === undefined || (!yes && !no)) return { kind: "stay", stage };
  const kept = yes ? [...stage.kept, change.path] : stage.kept;
  const at = stage.at + 1;
  if (at < filesToChoose(request).length) {
    return { kind: "show", what: "next-file", stage: { kind: "choosing", at, kept } };
  }
  return kept.length === 0 ? NO : { kind: "allow", scope: "once", only: kept };
}

/**
 * Lists the changes of which a person may keep some; what stands or falls as a whole, like a tool with its description,
 * has none.
 *
 * @param request The question.
 * @returns The changes, in the order in which they are shown.
 */
export function filesToChoose(request: ApprovalRequest): readonly PreviewChange[] {
  return request.preview.kind === "changes" && request.whole !== true ? request.preview.changes : [];
}

function edit(typed: string, key: Key): string {
  if (key.kind === "key") return key.name === "backspace" ? Array.from(typed).slice(0, -1).join("") : typed;
  return (typed + key.text.replaceAll(/[\r\n]+/g, " ")).slice(0, MAX_TYPED);
}
