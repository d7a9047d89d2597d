import type {
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SendRequestOptions,
} from "@agentclientprotocol/sdk";
import type { ApprovalAnswer, ApprovalRequest, Approver, Random, Timers } from "../../core/mod.ts";
import { toHex } from "../../core/mod.ts";
import { approvalScreen } from "../term/approval-screen.ts";
import { coversText } from "../term/covers-text.ts";
import { PLAIN } from "../term/style.ts";
import type { Clean } from "./clean.ts";
import { changeLocations, diffContent, fencedPart } from "./diff-content.ts";
import { toolKind } from "./tool-kind.ts";
import type { SessionView } from "./host.ts";

/** What a question to the client needs. */
export interface PermissionDeps {
  readonly request: (
    question: RequestPermissionRequest,
    options: SendRequestOptions,
  ) => Promise<RequestPermissionResponse>;
  /** The session that asks. */
  readonly session: () => SessionView;
  readonly random: Random;
  readonly timers: Timers;
}

type Scope = ApprovalRequest["scopes"][number];

/** Acts that are never answered for more than once. */
const ONCE_ONLY = new Set(["secret_handle_usage", "runtime_launch", "mvm_mount"]);
const MAX_MS = 5 * 60_000;
const NONCE_BYTES = 16;
const TEXT_COLUMNS = 100;

/**
 * Asks the person through the client. The client is a screen, not a judge: what it answers counts only when it is one of
 * the answers of this very question; an unknown one, an error, silence and a closed connection are no.
 *
 * @param deps The client and the session.
 * @returns The approver; its channel is `acp`.
 */
export function createAcpApprover(deps: PermissionDeps): Approver {
  return {
    channel: "acp",
    async ask(request, signal): Promise<ApprovalAnswer> {
      if (signal.aborted) return refused("cancelled");
      try {
        return await askClient(deps, request, signal);
      } catch {
        return refused(signal.aborted ? "cancelled" : "broken");
      }
    },
  };
}

async function askClient(
  deps: PermissionDeps,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<ApprovalAnswer> {
  const nonce = toHex(deps.random.bytes(NONCE_BYTES));
  const session = deps.session();
  const answers = answersFor(request, nonce, session.clean);
  const { updates } = session;
  updates.announce(request.call);
  // The client knows the call before it is asked about it.
  await updates.flushed();
  const late = new AbortController();
  const cancelTimer = deps.timers.after(Math.min(MAX_MS, request.timeoutMs), () => late.abort());
  try {
    const response = await deps.request({
      sessionId: session.id,
      toolCall: toolCallOf(session, request),
      options: answers.map(({ option }) => option),
    }, { cancellationSignal: AbortSignal.any([signal, late.signal]), stopWaitingOnCancel: true });
    // Threat: an answer that was on its way when the person cancelled.
    if (signal.aborted) return refused("cancelled");
    return answerOf(answers, response, request);
  } catch (cause) {
    if (signal.aborted) return refused("cancelled");
    if (late.signal.aborted) return refused("timeout");
    throw cause;
  } finally {
    cancelTimer();
  }
}

interface Answer {
  readonly option: PermissionOption;
  readonly means: { readonly kind: "allow"; readonly scope: Scope } | { readonly kind: "refuse"; why: "no" | "never" };
}

function answersFor(request: ApprovalRequest, nonce: string, clean: Clean): readonly Answer[] {
  const shapes = request.actions.flatMap(({ verdict }) => verdict.approval?.shape ?? []);
  const shape = clean.line(shapes.map(coversText).join(", "), 80);
  const offered = new Set(scopesFor(request));
  const answers: Answer[] = [
    {
      option: { optionId: `reject:once:${nonce}`, name: "Deny", kind: "reject_once" },
      means: { kind: "refuse", why: "no" },
    },
    {
      option: { optionId: `allow:once:${nonce}`, name: "Allow once", kind: "allow_once" },
      means: { kind: "allow", scope: "once" },
    },
  ];
  const wider: readonly (readonly [Scope, string])[] = [
    ["session", `Allow for this session: ${shape}`],
    ["project", `Always in this project: ${shape}`],
    ["package", `Allow this package: ${shape}`],
  ];
  for (const [scope, name] of wider) {
    if (!offered.has(scope)) continue;
    answers.push({
      option: { optionId: `allow:${scope}:${nonce}`, name, kind: "allow_always" },
      means: { kind: "allow", scope },
    });
  }
  answers.push({
    option: { optionId: `reject:always:${nonce}`, name: "Never in this project", kind: "reject_always" },
    means: { kind: "refuse", why: "never" },
  });
  return answers;
}

function scopesFor(request: ApprovalRequest): readonly Scope[] {
  const runsLater = request.preview.kind === "changes" && request.preview.changes.some((change) => change.runsLater);
  const onceOnly = request.tainted || runsLater ||
    request.actions.some(({ action }) => ONCE_ONLY.has(action.capability));
  return onceOnly ? ["once"] : request.scopes;
}

function answerOf(
  answers: readonly Answer[],
  { outcome }: RequestPermissionResponse,
  request: ApprovalRequest,
): ApprovalAnswer {
  if (outcome.outcome !== "selected") return refused("cancelled");
  const chosen = answers.find(({ option }) => option.optionId === outcome.optionId);
  // Threat: an answer to another question, replayed.
  if (chosen === undefined) return refused("broken");
  if (chosen.means.kind === "refuse") return refused(chosen.means.why);
  return { kind: "allowed", scope: chosen.means.scope, subject: request.digest, only: null };
}

function refused(why: Extract<ApprovalAnswer, { kind: "refused" }>["why"]): ApprovalAnswer {
  return { kind: "refused", why, message: null };
}

function toolCallOf(
  { clean, project }: SessionView,
  request: ApprovalRequest,
): RequestPermissionRequest["toolCall"] {
  const changes = request.preview.kind === "changes" ? request.preview.changes : [];
  const [, ...lines] = approvalScreen(request, { columns: TEXT_COLUMNS, details: false, style: PLAIN });
  return {
    toolCallId: request.call,
    title: clean.title(request.title),
    name: clean.line(request.tool, 128),
    kind: toolKind(request.tool, request.actions.map(({ action }) => action)),
    status: "pending",
    content: [...diffContent(changes, project, clean), fencedPart(lines.join("\n"), clean)],
    locations: changeLocations(changes, project, clean),
  };
}
