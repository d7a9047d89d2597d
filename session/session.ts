import { type Classification, type Label, labelOf, type MaskedText, type SessionId, USER_LABEL } from "../core/mod.ts";
import type { LabelledResult } from "./call.ts";
import type { Context, ContextItem, LabelledText } from "./context.ts";
import type { GateDeps } from "./deps.ts";
import type { Envelope } from "./envelope.ts";
import { SessionError } from "./errors.ts";
import type { SessionEvent, Stop } from "./events.ts";
import { runCall } from "./gate.ts";
import type { SessionLimits } from "./limits.ts";
import { runPrompt } from "./loop.ts";
import { fromPerson } from "./provenance.ts";
import type { ModelIo, OpenModel } from "./providers/model.ts";
import type { QuoteTable } from "./quotes.ts";

/** Everything a session is made of. */
export interface SessionWiring {
  readonly gate: GateDeps;
  readonly model: OpenModel;
  readonly modelPorts: Pick<ModelIo, "timers" | "random" | "now">;
  readonly limits: SessionLimits;
  readonly context: Context;
  readonly quotes: QuoteTable;
  readonly envelope: Envelope;
  readonly systemPrompt: string;
  /** Masked forms of texts that were sent before, so that a long context is scanned once. */
  readonly maskedTexts: Map<string, MaskedText>;
  /** Takes each finished step for the transcript; `null` where none is kept. */
  readonly store: ((item: ContextItem) => Promise<void>) | null;
}

/** What a person, an editor or a script gives. */
export interface SessionInput {
  /** What the person typed: trusted. */
  readonly text: string;
  /** Text of other origin: a pipe, a file, an editor buffer. */
  readonly data: readonly { readonly text: string; readonly label: Label }[];
}

/** How a prompt ended, for front doors. */
export interface PromptEnd {
  readonly stop: Stop;
  readonly text: string;
}

/** One conversation: prompts turn into decided, recorded actions. Knows no terminal and no editor. */
export class Session {
  readonly #wiring: SessionWiring;
  #queue: Promise<unknown> = Promise.resolve();
  #running: AbortController | null = null;
  #closed = false;

  /** @internal Use `openSession()`. */
  constructor(wiring: SessionWiring) {
    this.#wiring = wiring;
  }

  /** Id of the session. */
  get id(): SessionId {
    return this.#wiring.gate.session;
  }

  /**
   * Answers one prompt. Events go to the sink the session was opened with; this resolves after the last of them, a
   * `result`. Prompts wait for each other in order. Never rejects.
   *
   * @param input The prompt and labelled data.
   * @param signal Cancels this prompt.
   */
  submit(input: SessionInput, signal?: AbortSignal): Promise<PromptEnd> {
    const turn = this.#queue.then(() => this.#run(input, signal));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Makes one call as the person, without the model. Never rejects. */
  call(tool: string, args: unknown, signal: AbortSignal): Promise<LabelledResult> {
    const { gate } = this.#wiring;
    return runCall(gate, {
      call: gate.ids.next("call"),
      tool,
      args,
      provenance: fromPerson(USER_LABEL),
      turn: null,
      signal,
      maxOutputBytes: MAX_PERSON_OUTPUT_BYTES,
    });
  }

  /** Ends the prompt under way; it still ends with `result`. Idempotent. */
  cancel(): void {
    this.#running?.abort();
  }

  /** Cancels, then closes the record; permits and session grants are gone. Idempotent. */
  async close(exit: "ok" | "failed" | "interrupted"): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.cancel();
    await this.#queue;
    const { gate } = this.#wiring;
    gate.permits.revokeAll();
    gate.policy.close();
    await gate.audit.close(exit);
  }

  async #run(input: SessionInput, signal: AbortSignal | undefined): Promise<PromptEnd> {
    const { gate } = this.#wiring;
    if (this.#closed) return { stop: "cancelled", text: "" };
    const running = new AbortController();
    this.#running = running;
    const either = signal === undefined ? running.signal : AbortSignal.any([running.signal, signal]);
    try {
      return await runPrompt(this.#wiring, { text: input.text, data: await this.#label(input.data) }, either);
    } catch (cause) {
      // An exception inside the engine is an event like any failure; no effect follows.
      const failure = cause instanceof SessionError
        ? cause
        : new SessionError("TOOL_ERROR", "Cannot go on: the session failed inside", { cause });
      gate.emit({ type: "error", code: failure.code, message: failure.message, hint: failure.hint ?? null });
      return { stop: "integrity", text: "" };
    } finally {
      this.#running = null;
      gate.permits.revokeAll();
    }
  }

  async #label(data: SessionInput["data"]): Promise<readonly LabelledText[]> {
    const { redactor } = this.#wiring.gate;
    return await Promise.all(data.map(async ({ text, label }) => {
      const masked = redactor.mask(text).text;
      const detected = new Set<Classification>();
      for (const hit of await redactor.detect(masked)) detected.add(hit.class);
      return { text: masked, label, detected: [...detected] };
    }));
  }
}

const MAX_PERSON_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Label of text that came through a pipe. */
export const STDIN_LABEL: Label = labelOf("file", ["private"], "stdin");

/** Sink of session events. */
export type EventSink = (event: SessionEvent) => void;
