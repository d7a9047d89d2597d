import type { AtomicAction, SessionId } from "../../../core/mod.ts";
import { type CallResult, type SessionEvent, STDIN_LABEL } from "../../../session/mod.ts";
import { createNobody } from "../../approvers.ts";
import { openComposedSession } from "../../compose.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode, isExitCode } from "../../exit-codes.ts";
import { showProgress } from "../../output/progress.ts";
import { showResultOnce } from "../../output/result-once.ts";
import { createEventStream, resultObject, type RunFailure, type StreamLine } from "../../output/stream-json.ts";
import { badUsage } from "../../usage.ts";
import { pipedInput } from "./piped-input.ts";
import { resumeWish } from "./resume-wish.ts";

type OutputForm = "text" | "json" | "stream-json";

/** Answers one prompt without asking: the command `run`. */
export async function runPromptCommand(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const form = outputForm(context, input);
  const { prompt, data } = await readInput(context, input.arg(0) ?? "");
  const sink = createSink(context, form);
  const missed: AtomicAction[] = [];
  const opened = await openComposedSession(context, {
    front: "cli",
    // A run never asks: what needs a yes is denied, and stderr says which rule would allow it.
    approver: createNobody((asks) => void missed.push(...asks)),
    mode: "ask",
    project: "optional",
    model: { provider: input.option("provider"), name: input.option("model"), script: input.option("script") },
    maxTurns: maxTurns(input.option("maxTurns")),
    resume: resumeWish(input),
    emit: (event, session) => sink.take(event, session),
  });
  await opened.session.submit({ text: prompt, data }, context.signal);
  await opened.close();
  const exit = sink.finish();
  const { project, session } = opened;
  if (missed.length > 0) {
    const { tellAllowingRules } = await import("./allowing-rules.ts");
    await tellAllowingRules(context, { project, session: session.id, asks: missed });
  }
  return exit;
}

function outputForm(context: CommandContext, input: CommandInput): OutputForm {
  const asked = input.option("output");
  if (asked === "stream-json") return asked;
  return context.json || asked === "json" ? "json" : "text";
}

function maxTurns(given: string | undefined): number | null {
  if (given === undefined) return null;
  const turns = Number(given);
  if (Number.isSafeInteger(turns) && turns >= 1 && turns <= 10_000 && /^\d+$/.test(given)) return turns;
  throw badUsage(`Cannot use --max-turns "${given}": expected a whole number from 1 to 10000`, "e.g. --max-turns 10");
}

type Data = { readonly text: string; readonly label: typeof STDIN_LABEL };

async function readInput(
  context: CommandContext,
  given: string,
): Promise<{ readonly prompt: string; readonly data: readonly Data[] }> {
  const isPrompt = given === "-";
  const text = await pipedInput(context, isPrompt ? "needed" : "offered");
  if (!isPrompt) {
    if (given.trim() === "") throw badUsage("Cannot run: the prompt is empty", 'e.g. agentzero run "read README.md"');
    return { prompt: given, data: text === "" ? [] : [{ text, label: STDIN_LABEL }] };
  }
  if (text.trim() === "") throw badUsage("Cannot run: standard input holds no prompt", "echo PROMPT | agentzero run -");
  return { prompt: text, data: [] };
}

/** Takes the events of the run and prints them in the form that was asked for. */
interface Sink {
  take(event: SessionEvent, session: SessionId): void;
  /** Prints what is left and says what to end with. */
  finish(): ExitCode;
}

function createSink(context: CommandContext, form: OutputForm): Sink {
  const stream = createEventStream();
  const results: CallResult[] = [];
  let failure: RunFailure | null = null;
  let last: StreamLine | null = null;
  let exit: ExitCode = EXIT.failed;
  let openLine = false;
  function showText(event: SessionEvent): void {
    if (event.type === "text") {
      context.output.partial(event.text);
      openLine = !event.text.endsWith("\n");
      return;
    }
    if (openLine) context.output.partial("\n");
    openLine = false;
    showProgress(context.output, event);
  }
  let show = showText;
  return {
    take(event, session): void {
      const line = stream.line(event, session);
      if (event.type === "tool_result") results.push(withoutType(event));
      if (event.type === "error") failure = { code: event.code, message: event.message, hint: event.hint };
      if (event.type === "result") {
        last = line;
        exit = isExitCode(event.exit) ? event.exit : EXIT.failed;
      }
      if (form === "stream-json" && line !== null) context.output.json(line);
      if (form !== "text") return;
      // The reply of the built-in shell is what its call gave, which is told already.
      if (event.type === "init" && event.provider === "builtin") {
        show = showResultOnce({ output: context.output, take: showText });
      }
      show(event);
    },
    finish(): ExitCode {
      if (form === "json" && last !== null) context.output.json(resultObject(last, results, failure));
      if (openLine) context.output.partial("\n");
      return exit;
    },
  };
}

function withoutType(event: Extract<SessionEvent, { type: "tool_result" }>): CallResult {
  const { type: _type, ...result } = event;
  return result;
}
