import { isUntrusted, type Label, labelOf, type SessionId, USER_LABEL } from "../core/mod.ts";
import type { SourceNet } from "../skills/mod.ts";
import type { Act, OpenAct } from "./acts/act.ts";
import type { SourceNetOptions } from "./acts/source-net.ts";
import type { CallFailure, LabelledResult } from "./call.ts";
import type { Stop } from "./events.ts";
import { SessionError } from "./errors.ts";
import { runCall } from "./gate.ts";
import type { PromptEnd, SessionInput } from "./prompt.ts";
import { fromPerson, type Provenance } from "./provenance.ts";
import type { OpenModel } from "./providers/model.ts";
import type { SessionWiring } from "./session-wiring.ts";

/** What a front door may do besides tool calls. */
export interface Acts {
  /** Decides an act and records the decision. Never rejects. */
  begin(act: Act): Promise<OpenAct>;
  /** The way of skill sources to the network. */
  sourceNet(options: SourceNetOptions): SourceNet;
}

/** One conversation: prompts turn into decided, recorded actions. Knows no terminal and no editor. */
export class Session {
  #wiring: SessionWiring;
  #queue: Promise<unknown> = Promise.resolve();
  #running: AbortController | null = null;
  /** Ends with the session, and everything under way with it. */
  readonly #life = new AbortController();
  readonly #calls = new Set<Promise<LabelledResult>>();
  #closed = false;

  /** @internal Use `openSession()`. */
  constructor(wiring: SessionWiring) {
    this.#wiring = wiring;
  }

  /** Id of the session. */
  get id(): SessionId {
    return this.#wiring.gate.session;
  }

  /** `true` once untrusted text stands in the conversation: it may shape all that the model writes from then on. */
  get tainted(): boolean {
    return isUntrusted(this.#wiring.context.label());
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

  /**
   * Lets the model sum up the conversation and goes on from the summary. Waits for prompts under way; never rejects.
   *
   * @param signal Cancels it; the conversation is then as it was.
   * @returns `end` when it was summed up.
   */
  compact(signal?: AbortSignal): Promise<Stop> {
    const work = this.#queue.then(() =>
      this.#alone(signal, async (both) => {
        const { compactContext } = await import("./compact.ts");
        return await compactContext(this.#wiring, both);
      })
    );
    this.#queue = work.catch(() => undefined);
    return work;
  }

  /**
   * Goes on with another model, after what is under way.
   *
   * @param model The model; nothing was sent to it.
   * @returns Why it may not be used, or `null`. Never rejects.
   */
  changeModel(model: OpenModel): Promise<CallFailure | null> {
    const work = this.#queue.then(async () => {
      const { changeModel } = await import("./change-model.ts");
      const changed = changeModel(this.#wiring, model);
      if (!changed.ok) return changed.failure;
      this.#wiring = changed.wiring;
      return null;
    });
    this.#queue = work.catch(() => undefined);
    return work;
  }

  /**
   * Offers a runnable skill as the tool of its name, without its text. Nothing runs yet.
   *
   * @throws {SkillsError} What is wrong with it, by its reason code. {SessionError} `NOT_FOUND`, `NOT_EXECUTABLE`.
   */
  async offerSkill(name: string): Promise<void> {
    const { skills } = this.#wiring;
    if (skills === null) throw new SessionError("NOT_FOUND", `Cannot run "${name}": there are no skills here`);
    await skills.offer(name);
  }

  /** Makes one call as the person, without the model. Never rejects. */
  call(tool: string, args: unknown, signal: AbortSignal): Promise<LabelledResult> {
    return this.#call({ tool, args, provenance: fromPerson(USER_LABEL) }, signal);
  }

  /**
   * Makes one call as the person, with arguments that come from elsewhere: untrusted text shaped all of them.
   *
   * @param call Tool and arguments, and the label of what they were read from.
   * @param signal Cancels it.
   */
  callWith(
    call: { readonly tool: string; readonly args: unknown; readonly label: Label },
    signal: AbortSignal,
  ): Promise<LabelledResult> {
    const { tool, args, label } = call;
    return this.#call({ tool, args, provenance: { actor: "person", label, tainted: () => true } }, signal);
  }

  #call(
    { tool, args, provenance }: { readonly tool: string; readonly args: unknown; readonly provenance: Provenance },
    signal: AbortSignal,
  ): Promise<LabelledResult> {
    const { gate, generated } = this.#wiring;
    // Between prompts; within one the next round begins with its next request.
    if (this.#running === null) {
      generated?.beginCall(tool);
      gate.dynamic.nextRound();
    }
    const made = runCall(gate, {
      call: gate.ids.next("call"),
      tool,
      args,
      provenance,
      turn: null,
      signal: AbortSignal.any([signal, this.#life.signal]),
      maxOutputBytes: MAX_PERSON_OUTPUT_BYTES,
    }).finally(() => this.#calls.delete(made));
    this.#calls.add(made);
    return made;
  }

  /** What a front door does for the person besides tool calls: decided, recorded and asked about like a call. */
  async acts(): Promise<Acts> {
    const { gate } = this.#wiring;
    const [{ beginAct }, { createSourceNet }] = await Promise.all([
      import("./acts/act.ts"),
      import("./acts/source-net.ts"),
    ]);
    return { begin: (act) => beginAct(gate, act), sourceNet: (options) => createSourceNet(gate, options) };
  }

  /** Ends the prompt under way; it still ends with `result`. Idempotent. */
  cancel(): void {
    this.#running?.abort();
  }

  /** Cancels all that is under way, then closes the record; permits and session grants are gone. Idempotent. */
  async close(exit: "ok" | "failed" | "interrupted"): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#life.abort();
    await this.#queue;
    await Promise.allSettled(this.#calls);
    const { gate } = this.#wiring;
    gate.permits.revokeAll();
    // Policy ends last: what hands the record on once it is complete is decided like anything else.
    try {
      await gate.audit.close(exit);
    } finally {
      gate.policy.close();
    }
  }

  #run(input: SessionInput, signal: AbortSignal | undefined): Promise<PromptEnd> {
    return this.#alone(signal, async (both) => {
      // A call without a model needs no loop: it is loaded by the first prompt.
      const { runPrompt } = await import("./loop.ts");
      this.#wiring.generated?.beginTurn();
      try {
        return await runPrompt(this.#wiring, input, both);
      } finally {
        this.#wiring.skills?.endPrompt();
      }
    });
  }

  /** Runs what only one at a time may do, cancelled by the session, the person or the caller. */
  async #alone<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = new AbortController();
    this.#running = running;
    const signals = [running.signal, this.#life.signal, ...(signal === undefined ? [] : [signal])];
    try {
      return await work(AbortSignal.any(signals));
    } finally {
      this.#running = null;
      // A permit dies with its turn; calls of the person that are still under way keep theirs.
      if (this.#calls.size === 0) this.#wiring.gate.permits.revokeAll();
    }
  }
}

const MAX_PERSON_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Label of text that came through a pipe. */
export const STDIN_LABEL: Label = labelOf("file", ["private"], "stdin");
