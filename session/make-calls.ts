import { type CallId, joinLabels, type Label, labelOf } from "../core/mod.ts";
import type { LabelledResult, Proposal } from "./call.ts";
import type { AnsweredCall } from "./context.ts";
import { runCall } from "./gate.ts";
import { isTooDeep } from "./mask-json.ts";
import type { PromptState } from "./prompt-state.ts";
import { fromModel } from "./provenance.ts";
import type { ModelPart } from "./providers/model.ts";
import { readsFreely } from "./reads-freely.ts";
import { NEVER_A_CALL, SAME_RESULT, sameAgain, tooManyCalls } from "./refused-calls.ts";
import { countQuestions } from "./reply-questions.ts";
import type { SessionWiring } from "./session-wiring.ts";
import { shortArgs } from "./short-args.ts";
import { textForModel } from "./text-for-model.ts";

/** A call as a reply has it. */
export type ReplyCall = Extract<ModelPart, { kind: "call" }>;

interface PreparedCall {
  readonly part: ReplyCall;
  readonly call: CallId;
  /** Parsed once; text that is not JSON, or nested too deep, stays text, which no schema accepts. */
  readonly args: unknown;
}

const MAX_TOGETHER = 4;

/**
 * Takes the calls of a reply through the gate, in order; neighbours that only read what needs no question run together.
 *
 * @param wiring The session.
 * @param state The prompt under way.
 * @param calls The calls of one reply.
 * @returns What became of each, in call order.
 */
export async function makeCalls(
  wiring: SessionWiring,
  state: PromptState,
  calls: readonly ReplyCall[],
): Promise<readonly AnsweredCall[]> {
  const { gate, limits } = wiring;
  const prepared = calls.map((part) => ({ part, call: gate.ids.next("call"), args: parseArgs(part.argsText) }));
  if (prepared.length > 1) {
    gate.emit({
      type: "plan",
      entries: prepared.slice(0, MAX_PLANNED).map(({ part, call }) => ({
        call,
        title: gate.redactor.mask(part.tool).text,
      })),
    });
  }
  const answered: AnsweredCall[] = [];
  const questions = prepared.length > 1 ? countQuestions(gate) : null;
  for (let next = 0; next < prepared.length;) {
    const ended = endOf(wiring, state);
    const rest = prepared.slice(next);
    const over = next >= limits.calls;
    // oxlint-disable-next-line no-await-in-loop -- calls run in order; only reading neighbours run together
    const batch = ended !== null || over ? rest.slice(0, 1) : await readingBatch(wiring, rest, limits.calls - next);
    const label = labelNow(wiring, answered);
    const ahead = prepared.slice(next + batch.length, limits.calls);
    const position = questions === null
      ? undefined
      : () => questions.next(ahead.map((entry) => proposalOf(wiring, state, { entry, label })));
    // oxlint-disable-next-line no-await-in-loop
    const done = await Promise.all(
      batch.map((entry) => makeCall(wiring, state, { entry, ended, over, label, position })),
    );
    // In call order, whichever was ready first.
    for (const { labelled, answer, args } of done) {
      if (labelled !== null) count(state, answer.tool, { args, labelled });
      answered.push(answer);
    }
    next += batch.length;
  }
  return answered;
}

const MAX_PLANNED = 256;

// What earlier calls of the same reply brought in did not shape the later ones; its classes count from now on.
function labelNow({ context }: SessionWiring, answered: readonly AnsweredCall[]): Label {
  const classes = answered.flatMap(({ result }) => [...result.label.classes, ...result.detected]);
  return joinLabels([context.label(), { trust: [], classes, sources: [] }]);
}

// Why no further call of this reply may run, or `null`.
function endOf({ limits }: SessionWiring, state: PromptState): string | null {
  if (state.signal.aborted) {
    return state.signal.reason === "time" ? "the time of this prompt is over" : "the person interrupted";
  }
  if (state.broken) return "the session cannot record anything any more";
  if (state.repeated) return "the same call was made over and over";
  if (state.deniedInRow >= limits.denials) return `${limits.denials} calls in a row were denied`;
  return null;
}

async function readingBatch(
  wiring: SessionWiring,
  rest: readonly PreparedCall[],
  room: number,
): Promise<readonly PreparedCall[]> {
  const batch: PreparedCall[] = [];
  for (const entry of rest.slice(0, Math.min(MAX_TOGETHER, room))) {
    const before = batch.at(-1);
    // The watch for repeats counts one call after the other.
    if (before !== undefined && before.part.tool === entry.part.tool && sameArgs(before, entry)) break;
    // oxlint-disable-next-line no-await-in-loop -- the first that does not fit ends the batch
    if (!await readsFreely(wiring, entry.part.tool, entry.args)) break;
    batch.push(entry);
  }
  return batch.length > 0 ? batch : rest.slice(0, 1);
}

function sameArgs(a: PreparedCall, b: PreparedCall): boolean {
  return JSON.stringify(a.args) === JSON.stringify(b.args);
}

interface Made {
  readonly answer: AnsweredCall;
  /** What the gate gave; `null` for a call that never got there. */
  readonly labelled: LabelledResult | null;
  readonly args: unknown;
}

async function makeCall(
  wiring: SessionWiring,
  state: PromptState,
  of: {
    readonly entry: PreparedCall;
    readonly ended: string | null;
    readonly over: boolean;
    readonly label: Label;
    readonly position: Proposal["position"] | undefined;
  },
): Promise<Made> {
  const { entry, ended, over, label, position } = of;
  const { part, call, args } = entry;
  const { gate, limits } = wiring;
  if (ended !== null) return told(entry, `Not run: ${ended}.`);
  const refuse = over
    ? tooManyCalls(part.tool, limits.calls)
    : state.repeats.isRepeated(part.tool, args)
    ? sameAgain(part.tool)
    : null;
  if (refuse?.code === "LIMIT_REPEAT") {
    gate.emit({ type: "notice", level: "warning", code: "LIMIT_REPEAT", text: `Not run: ${SAME_RESULT}` });
  }
  const proposal = proposalOf(wiring, state, { entry, label });
  const labelled = await runCall(gate, {
    ...proposal,
    ...(refuse === null ? {} : { refuse }),
    ...(position === undefined ? {} : { position }),
  });
  const answer: AnsweredCall = {
    call,
    id: part.id,
    tool: part.tool,
    // What no tool took is of no use to the model at its full length.
    args: NEVER_A_CALL.has(labelled.result.error?.code ?? "") ? shortArgs(args) : args,
    status: statusOf(labelled),
    result: {
      text: textForModel(labelled.result, proposal.maxOutputBytes),
      label: labelled.label,
      detected: labelled.detected,
    },
  };
  return { answer, labelled, args };
}

function proposalOf(
  { gate, quotes, limits, budget }: SessionWiring,
  state: PromptState,
  { entry: { part, call, args }, label }: { readonly entry: PreparedCall; readonly label: Label },
): Proposal {
  return {
    call,
    tool: part.tool,
    args,
    provenance: fromModel(label, { quotes, policy: gate.policy }),
    turn: state.turns,
    signal: state.signal,
    maxOutputBytes: Math.min(limits.outputBytes, budget.maxResultBytes),
  };
}

function count(
  state: PromptState,
  tool: string,
  made: { readonly args: unknown; readonly labelled: LabelledResult },
): void {
  const { result } = made.labelled;
  state.count(result);
  const outcome = `${result.ok}\n${result.output ?? result.error?.code ?? ""}`;
  state.repeated ||= state.repeats.note(tool, made.args, outcome);
}

function told({ part, call, args }: PreparedCall, text: string): Made {
  const answer: AnsweredCall = {
    call,
    id: part.id,
    tool: part.tool,
    args: shortArgs(args),
    status: "denied",
    result: { text, label: labelOf("core"), detected: [] },
  };
  return { answer, labelled: null, args };
}

function statusOf({ result }: LabelledResult): "ok" | "error" | "denied" {
  if (result.ok) return "ok";
  if (result.output !== null) return "error";
  // Nothing ran: policy or a person said no, or what they said no longer held.
  const refused = result.audit.result === null || /^(?:APPROVAL|POLICY)_/u.test(result.error?.code ?? "");
  return refused ? "denied" : "error";
}

function parseArgs(text: string): unknown {
  try {
    const args: unknown = JSON.parse(text);
    return isTooDeep(args) ? text : args;
  } catch {
    return text;
  }
}
