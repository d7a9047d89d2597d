import { labelOf } from "../../../core/mod.ts";
import type { BuiltinLine, SessionEvent, SessionInput } from "../../../session/mod.ts";
import type { ComposedSession } from "../../compose.ts";
import { showResultOnce } from "../../output/result-once.ts";
import { atPaths } from "../../term/at-path.ts";
import type { Typed } from "../../term/prompt-box.ts";
import type { ChatScreen } from "./screen.ts";
import type { TypedApprover } from "./typed-approver.ts";

/** What the turns of a chat are wired to. */
export interface ChatTurnDeps {
  readonly screen: ChatScreen;
  readonly approver: TypedApprover;
  /** Ends with the process. */
  readonly signal: AbortSignal;
  /** Tells whether the built-in shell answers, which is no model. */
  readonly isShell: () => boolean;
}

type Send = Extract<Typed, { kind: "send" }>;

/** Takes prompts and calls of a person into the session, and what comes of them to the screen. */
export class ChatTurns {
  readonly #deps: ChatTurnDeps;
  /** Output of calls of the person's own, which the model gets with the next prompt. */
  #pending: SessionInput["data"][number][] = [];
  #show: (event: SessionEvent) => void = (event) => this.#deps.screen.take(event);

  constructor(deps: ChatTurnDeps) {
    this.#deps = deps;
  }

  /** Shows an event of the session, in the way that fits what is under way. */
  show(event: SessionEvent): void {
    this.#show(event);
  }

  /**
   * Sends a prompt, with what it names and what waits to go along.
   *
   * @param opened The session.
   * @param typed What was typed and pasted.
   */
  async submit(opened: ComposedSession, typed: Send): Promise<void> {
    const pastes = typed.pastes.map((text, at) => ({ text, label: labelOf("file", [], `paste ${at + 1}`) }));
    const stop = new AbortController();
    await this.#deps.screen.during({
      cancel(): void {
        stop.abort();
        opened.session.cancel();
      },
      work: async () => {
        const signal = AbortSignal.any([stop.signal, this.#deps.signal]);
        const files = await this.#readFiles(opened, typed.text, signal);
        if (stop.signal.aborted) return;
        const data = [...this.#pending, ...pastes, ...files];
        this.#pending = [];
        await this.#answer(opened, { text: typed.text, data }, signal);
      },
    });
  }

  async #answer(opened: ComposedSession, input: SessionInput, signal: AbortSignal): Promise<void> {
    const before = this.#show;
    if (this.#deps.isShell()) this.#show = showResultOnce(this.#deps.screen);
    try {
      await opened.session.submit(input, signal);
    } finally {
      this.#show = before;
    }
  }

  /**
   * Makes a call of the person's own: a line that starts with `/` or `!`. Its output goes along with the next prompt.
   *
   * @param opened The session.
   * @param line The call.
   */
  async call(opened: ComposedSession, line: Extract<BuiltinLine, { kind: "call" }>): Promise<void> {
    const stop = new AbortController();
    this.#deps.approver.typed(line.tool);
    try {
      await this.#deps.screen.during({
        cancel: () => stop.abort(),
        work: async () => {
          const signal = AbortSignal.any([stop.signal, this.#deps.signal]);
          const { result, label } = await opened.session.call(line.tool, line.args, signal);
          // Everything else about it came as an event.
          if (result.output !== null) this.#deps.screen.output.text(result.output);
          if (!line.silent && result.output !== null) this.#pending.push({ text: result.output, label });
        },
      });
    } finally {
      this.#deps.approver.typed(null);
    }
  }

  async #readFiles(opened: ComposedSession, text: string, signal: AbortSignal): Promise<SessionInput["data"]> {
    const data: SessionInput["data"][number][] = [];
    for (const path of atPaths(text)) {
      // oxlint-disable-next-line no-await-in-loop -- in the order they are named
      const { result, label } = await opened.session.call("read", { path }, signal);
      // A refusal was told as an event.
      if (result.output !== null) data.push({ text: result.output, label });
    }
    return data;
  }
}
