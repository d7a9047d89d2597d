import type { Label } from "../../core/mod.ts";
import { parseBuiltinLine, type SessionInput, type Stop, titleOf } from "../../session/mod.ts";
import type { Clean } from "./clean.ts";
import { type ClientContext, takeContext } from "./client-context.ts";
import type { PromptParts } from "./prompt-in.ts";
import { answerCommand, ownCommand } from "./slash-commands.ts";

/** What the turns of one session work with. */
export interface TurnDeps extends Omit<ClientContext, "readsBuffers"> {
  readonly clean: Clean;
  /** Tells whether the client gives the text of its open buffers, and may be asked for it. */
  readonly readsBuffers: () => boolean;
  /** Counted by the caller while turns run. */
  readonly usage: { readonly input: number; readonly output: number };
}

/** Does what a prompt of an editor asks for: a command of ours, a call of the person's own, or a turn of the model. */
export class PromptTurns {
  readonly #deps: TurnDeps;
  #hasTitle = false;
  /** Output of calls of the person's own, which the model gets with the next prompt. */
  #pending: { readonly text: string; readonly label: Label }[] = [];

  constructor(deps: TurnDeps) {
    this.#deps = deps;
  }

  /** The conversation has a title already: the client is not told another. */
  keepTitle(): void {
    this.#hasTitle = true;
  }

  /**
   * Takes one turn.
   *
   * @param prompt What the person sent.
   * @param signal Cancels it.
   * @returns Why it ended.
   * @throws What the session throws, e.g. `PROVIDER_*`; an abort of `signal` may look like a failure, too.
   */
  async take(prompt: PromptParts, signal: AbortSignal): Promise<Stop> {
    const { opened, door, root, usage } = this.#deps;
    const { session } = opened;
    if (prompt.parts.length === 0) {
      const own = ownCommand(prompt.text);
      if (own === "compact") return await session.compact(signal);
      if (own !== null) {
        door.updates.say(await answerCommand(own, opened, usage));
        return "end";
      }
      const line = parseBuiltinLine(prompt.text);
      if (line.kind === "incomplete") {
        door.updates.say(`${line.why}; the form is: ${line.form}`);
        return "end";
      }
      if (line.kind === "call" && line.slash) return await this.#call(line, signal);
    }
    const readsBuffers = this.#deps.readsBuffers();
    const data = await takeContext({ opened, door, root, readsBuffers }, prompt.parts, signal);
    if (signal.aborted) return "cancelled";
    const input: SessionInput = { text: prompt.text, data: [...this.#pending, ...data] };
    this.#pending = [];
    this.#tellTitle(prompt.text);
    const { stop } = await session.submit(input, signal);
    return stop;
  }

  /** A line of the person's own that starts with `/` or `!`; its output goes along with the next prompt. */
  async #call(
    line: { readonly tool: string; readonly args: unknown; readonly silent: boolean },
    signal: AbortSignal,
  ): Promise<Stop> {
    const { result, label } = await this.#deps.opened.session.call(line.tool, line.args, signal);
    if (!line.silent && result.output !== null) this.#pending.push({ text: result.output, label });
    return signal.aborted ? "cancelled" : "end";
  }

  /** The first words of the person name the conversation, as its transcript has it. */
  #tellTitle(text: string): void {
    if (this.#hasTitle) return;
    const { clean, door } = this.#deps;
    const title = clean.line(titleOf(clean.mask(text)));
    if (title === "") return;
    this.#hasTitle = true;
    door.updates.send({ sessionUpdate: "session_info_update", title });
  }
}
