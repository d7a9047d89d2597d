import type { ApprovalAnswer, ApprovalRequest, Approver, Timers } from "../../core/mod.ts";
import type * as Screen from "./approval-screen.ts";
import { type ApprovalStage, type ApprovalStep, approvalStep } from "./approval-keys.ts";
import type { Keyboard } from "./keyboard.ts";
import type { Key } from "./key.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";

/** What the terminal approver is wired to. */
export interface TerminalApproverDeps {
  readonly keyboard: Keyboard;
  readonly timers: Timers;
  /** Writes lines of ours, already sanitised, to the terminal. */
  readonly write: (text: string) => void;
  /** Width of the terminal now. */
  readonly columns: () => number;
  readonly style: Style;
}

/** How long no key may have been typed before one counts. */
const QUIET_MS = 400;

/**
 * Asks the person at the terminal. Keys typed before the question was painted, and for 400 ms after the last of them,
 * are dropped; only the keys it names allow something; Enter, Escape, Ctrl+C and the end of input are no.
 *
 * @param deps Keyboard, timers and screen.
 * @returns The approver; its channel is `terminal`.
 */
export function createTerminalApprover(deps: TerminalApproverDeps): Approver {
  return {
    channel: "terminal",
    async ask(request, signal): Promise<ApprovalAnswer> {
      if (signal.aborted) return { kind: "refused", why: "cancelled", message: null };
      try {
        // Loaded when somebody is asked: most commands never ask.
        const screen = await import("./approval-screen.ts");
        return await askOnce({ ...deps, screen }, request, signal);
      } catch {
        return { kind: "refused", why: "broken", message: null };
      }
    },
  };
}

interface AskDeps extends TerminalApproverDeps {
  readonly screen: typeof Screen;
}

function askOnce(deps: AskDeps, request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalAnswer> {
  const { approvalScreen, keyLines } = deps.screen;
  if (signal.aborted) return Promise.resolve({ kind: "refused", why: "cancelled", message: null });
  const { promise, resolve } = Promise.withResolvers<ApprovalAnswer>();
  let stage: ApprovalStage = { kind: "quiet" };
  /** What the person will be doing once it has been quiet. */
  let next: ApprovalStage = { kind: "asking" };
  let stopWaiting: (() => void) | null = null;
  /** Something was typed that did not count. */
  let dropped = false;

  function finish(answer: ApprovalAnswer, said: string): void {
    stopWaiting?.();
    release();
    signal.removeEventListener("abort", onAbort);
    deps.write(`${said}\n`);
    resolve(answer);
  }
  function onAbort(): void {
    // The caller knows whether it was cancelled or too late; both are no.
    finish({ kind: "refused", why: "cancelled", message: null }, "(no answer: not allowed)");
  }
  function waitForQuiet(then: ApprovalStage): void {
    stopWaiting?.();
    stage = { kind: "quiet" };
    next = then;
    stopWaiting = deps.timers.after(QUIET_MS, () => {
      stage = then;
      // Whoever typed too early would wait for ever for what comes of it.
      if (dropped && then.kind === "asking") deps.write("(not counted: one key, once the question stands) ");
      dropped = false;
    });
  }
  function show(step: Extract<ApprovalStep, { kind: "show" }>): void {
    deps.write(`\n${linesFor(request, step, deps).join("\n")}`);
    // Typing a text needs no quiet: nothing is allowed before it is complete.
    if ("typed" in step.stage) stage = step.stage;
    else waitForQuiet(step.stage.kind === "quiet" ? { kind: "asking" } : step.stage);
  }
  function onKey(key: Key): void {
    // Threat: keys typed before the question was on the screen, or held down, would answer it.
    if (stage.kind === "quiet") {
      dropped = true;
      return waitForQuiet(next);
    }
    const before = stage;
    const step = approvalStep(request, before, key);
    switch (step.kind) {
      case "stay":
        if (step.stage.kind === "quiet") {
          dropped = true;
          waitForQuiet(before);
        } else {
          deps.write(echo(before, step.stage));
          stage = step.stage;
        }
        return;
      case "show":
        return show(step);
      case "allow":
        return finish(
          { kind: "allowed", scope: step.scope, subject: request.digest, only: step.only },
          step.only === null ? `allowed (${step.scope})` : `allowed (${step.only.length} chosen)`,
        );
      case "refuse":
        return finish({ kind: "refused", why: step.why, message: step.message }, step.why === "never" ? "never" : "no");
      default:
        step satisfies never;
    }
  }

  function paint(): void {
    const columns = deps.columns();
    const lines = [
      ...approvalScreen(request, { columns, details: false, style: deps.style }),
      ...keyLines(request, columns),
    ];
    deps.write(`\n${lines.join("\n")}`);
    // Measured from the complete painting.
    waitForQuiet({ kind: "asking" });
  }

  const release = deps.keyboard.capture({
    onKey,
    // The shell wrote over it, or the person asked for something else meanwhile: all of it is shown again.
    onBack: paint,
    onEnd: () => finish({ kind: "refused", why: "broken", message: null }, "(end of input: not allowed)"),
  });
  signal.addEventListener("abort", onAbort, { once: true });
  paint();
  return promise;
}

function linesFor(
  request: ApprovalRequest,
  step: Extract<ApprovalStep, { kind: "show" }>,
  deps: AskDeps,
): readonly string[] {
  const { approvalScreen, keyLines, ruleLines, shapeLines } = deps.screen;
  const columns = deps.columns();
  switch (step.what) {
    case "details":
      return [...approvalScreen(request, { columns, details: true, style: deps.style }), ...keyLines(request, columns)];
    case "rules":
      return [...ruleLines(request), ...keyLines(request, columns)];
    case "grant":
      return [
        "   This answer will be kept outside the project and used again for:",
        ...shapeLines(request, columns),
        "   Type yes to store it, Enter for no: ",
      ];
    case "next-file":
      return [`   Keep ${fileAt(request, step)}? y keep  n drop [n] `];
    case "explain":
      return ["   Why not? The model is told: "];
    default:
      return step.what satisfies never;
  }
}

function fileAt(request: ApprovalRequest, step: Extract<ApprovalStep, { kind: "show" }>): string {
  if (request.preview.kind !== "changes" || step.stage.kind !== "choosing") return "it";
  const change = request.preview.changes[step.stage.at];
  return change === undefined ? "it" : `${change.kind} ${sanitizeLine(change.path)}`;
}

function echo(before: ApprovalStage, after: ApprovalStage): string {
  if (!("typed" in before) || !("typed" in after) || before.typed === after.typed) return "";
  return after.typed.startsWith(before.typed) ? sanitizeLine(after.typed.slice(before.typed.length)) : "\b \b";
}
