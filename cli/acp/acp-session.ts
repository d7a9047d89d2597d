import type { ContentBlock, McpServer, PromptResponse } from "@agentclientprotocol/sdk";
import type { AuditStamp } from "../../audit/mod.ts";
import { readTranscript, type SessionEvent, type Stop } from "../../session/mod.ts";
import type { ComposedSession } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { ACP_CODE, acpError, errorFor, type Mask } from "./acp-error.ts";
import { type Clean, createClean } from "./clean.ts";
import type { AcpHost, HostDoor, SessionView } from "./host.ts";
import { type PromptParts, readPrompt } from "./prompt-in.ts";
import { createPromptQueue, type PromptQueue } from "./prompt-queue.ts";
import { PromptTurns } from "./prompt-turns.ts";
import { refuseServers } from "./refuse-servers.ts";
import { replayUpdates } from "./replay.ts";
import { SessionChoices } from "./session-choices.ts";
import { availableCommands } from "./slash-commands.ts";
import { stopReasonOf, type TurnFailure } from "./stop-reason.ts";

/** What sessions of an editor are opened with. */
export interface AcpSessionDeps {
  /** Context of the command; each session gets its own folder and no terminal. */
  readonly context: CommandContext;
  readonly host: AcpHost;
  /** What the command line chose. */
  readonly model: {
    readonly provider?: string | undefined;
    readonly name?: string | undefined;
    readonly script?: string | undefined;
  };
  readonly newId: () => string;
  /** One line for the log of the editor. */
  readonly log: (text: string) => void;
  /** Told of what nobody expected, with a mask for it. */
  readonly tell: (cause: unknown, mask: Mask) => void;
}

/** How a prompt came. */
export interface PromptCall {
  /** Cancels it. */
  readonly signal: AbortSignal;
  /** Ids of the client's own for what is recorded meanwhile. */
  readonly marks: AuditStamp;
}

/** How long a client may take to read the last updates of a session that closes. */
const LAST_UPDATES_MS = 300;

/** One session of an editor: prompts in order, updates out, an end that waits for what is under way. */
export class AcpSession {
  readonly id: string;
  /** Real path of the folder it was opened in. */
  readonly cwd: string;
  /** Mode and model. */
  readonly choices: SessionChoices;
  /** Ids of the client's own for what is recorded now. */
  marks: AuditStamp = {};
  /** Called once when it begins to close. */
  onClosing: () => void = () => undefined;
  readonly #deps: AcpSessionDeps;
  readonly #opened: ComposedSession;
  readonly #clean: Clean;
  readonly #door: HostDoor;
  readonly #turns: PromptTurns;
  readonly #queue: PromptQueue = createPromptQueue();
  readonly #usage = { input: 0, output: 0 };
  #notes: readonly string[] = [];
  #failure: TurnFailure | null = null;
  #closing: Promise<void> | null = null;

  constructor(deps: AcpSessionDeps, opened: ComposedSession, cwd: string) {
    this.#deps = deps;
    this.#opened = opened;
    this.id = opened.session.id;
    this.cwd = cwd;
    this.#clean = createClean(opened.redactor);
    const updates = (): HostDoor["updates"] => this.#door.updates;
    this.#door = deps.host.door({
      id: this.id,
      project: this.#root,
      clean: this.#clean,
      get updates() {
        return updates();
      },
    });
    this.choices = new SessionChoices(opened, {
      send: (update) => this.#door.updates.send(update),
      errorFor: (cause) => this.#errorFor(cause),
    });
    const readsBuffers = opened.config.user.acp?.client_fs === "read";
    this.#turns = new PromptTurns({
      opened,
      door: this.#door,
      clean: this.#clean,
      root: this.#root,
      readsBuffers: () => readsBuffers && deps.host.can().readBuffers,
      usage: this.#usage,
    });
  }

  /** What questions and updates are made with. */
  get view(): SessionView {
    return { id: this.id, project: this.#root, clean: this.#clean, updates: this.#door.updates };
  }

  /** Masks what leaves on behalf of this session. */
  mask(text: string): string {
    return this.#clean.mask(text);
  }

  /**
   * Takes up what the session starts with; once, before anything else.
   *
   * @param start What was said and what happened while it was opened, the client's MCP servers, and whether the
   * conversation is a new one.
   * @throws {AgentZeroError} What reading a kept conversation throws.
   */
  async begin(
    start: {
      readonly notes: readonly string[];
      readonly early: readonly SessionEvent[];
      readonly servers: readonly McpServer[];
      readonly isNew: boolean;
    },
  ): Promise<void> {
    const { transcripts, session } = this.#opened;
    this.choices.begin();
    if (start.isNew) this.#opened.begin();
    else if (transcripts !== null) {
      const { records, header } = readTranscript(transcripts, session.id);
      if (header.title !== "") this.#turns.keepTitle();
      this.choices.tightenAgain(records);
    }
    for (const event of start.early) this.take(event);
    const refused = await refuseServers(this.#opened, start.servers, this.#clean);
    this.#notes = [...start.notes, ...refused];
  }

  /** Tells what belongs behind the answer that opened the session. */
  introduce(): void {
    const { updates } = this.#door;
    updates.send({ sessionUpdate: "available_commands_update", availableCommands: availableCommands() });
    for (const text of this.#notes) this.take({ type: "notice", level: "warning", code: "SESSION", text });
    this.#notes = [];
  }

  /** Sends the conversation so far, before the answer that loads it. */
  async replay(): Promise<void> {
    const { transcripts, session } = this.#opened;
    if (transcripts === null) return;
    const content = readTranscript(transcripts, session.id);
    for (const update of replayUpdates(content, this.#clean, this.#deps.newId)) this.#door.updates.send(update);
    await this.#door.updates.flushed();
  }

  /** Takes an event of the engine: counts it, remembers a failure, tells the client. */
  take(event: SessionEvent): void {
    if (event.type === "usage") {
      this.#usage.input += event.input;
      this.#usage.output += event.output;
    }
    if (event.type === "error") this.#failure = event;
    if (event.type === "thought" && this.#opened.config.user.acp?.thoughts === false) return;
    this.#door.updates.take(event);
  }

  /**
   * Answers a prompt when its turn comes.
   *
   * @param blocks The prompt.
   * @param call What cancels it, and what it is recorded with.
   * @throws {RequestError} -32602 for what cannot be taken, -32603 `SESSION_BUSY`, `PROVIDER_*`, `AUDIT_UNWRITABLE`;
   * -32002 once the session is closed.
   */
  async prompt(blocks: readonly ContentBlock[], call: PromptCall): Promise<PromptResponse> {
    const prompt = readPrompt(blocks);
    if (this.#closing !== null) throw gone();
    let stop: Stop | null;
    try {
      stop = await this.#queue.run((turn) => this.#markedTurn(prompt, turn, call.marks), call.signal);
    } catch (cause) {
      throw this.#errorFor(cause);
    }
    await this.#door.updates.flushed();
    // Without a record nothing may follow. That closing it fails is what just happened, and no news.
    if (stop === "integrity") this.close().catch(() => undefined);
    return { stopReason: stopReasonOf(stop, this.#failure) };
  }

  /** Cancels the prompt under way and all that wait; what comes later is not concerned. */
  cancel(): void {
    this.#queue.cancel();
  }

  /** Cancels all that is under way, waits for its end and closes the record; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.onClosing();
    this.#queue.cancel();
    await this.#queue.idle();
    // Threat: a client that reads nothing any more. The record is closed all the same.
    const { timers } = this.#deps.context.system;
    const late = Promise.withResolvers<void>();
    const stop = timers.after(LAST_UPDATES_MS, late.resolve);
    await Promise.race([this.#door.updates.flushed(), late.promise]);
    stop();
    await this.#opened.close();
  }

  get #root(): string {
    return this.#opened.project ?? this.cwd;
  }

  #errorFor(cause: unknown): ReturnType<typeof errorFor> {
    const { mask } = this.#clean;
    return errorFor(cause, mask, (unexpected) => this.#deps.tell(unexpected, mask));
  }

  async #markedTurn(prompt: PromptParts, signal: AbortSignal, marks: AuditStamp): Promise<Stop> {
    this.marks = marks;
    this.#failure = null;
    try {
      const stop = await this.#turns.take(prompt, signal);
      // What a cancel tore down may look like a failure; to the client it is what it asked for.
      return signal.aborted && stop !== "integrity" ? "cancelled" : stop;
    } catch (cause) {
      if (signal.aborted) return "cancelled";
      throw cause;
    } finally {
      this.marks = {};
    }
  }
}

function gone(): Error {
  return acpError(ACP_CODE.notFound, "Cannot go on: the session is closed", {
    code: "SESSION_NOT_FOUND",
    hint: "open a new session",
  });
}
