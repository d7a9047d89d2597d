import type { ContentBlock, McpServer, PromptResponse } from "@agentclientprotocol/sdk";
import type { AuditStamp } from "../../audit/mod.ts";
import type { Label } from "../../core/mod.ts";
import {
  parseBuiltinLine,
  readTranscript,
  type SessionEvent,
  type SessionInput,
  type Stop,
  titleOf,
} from "../../session/mod.ts";
import type { ComposedSession } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { ACP_CODE, acpError, errorFor, type Mask } from "./acp-error.ts";
import { type Clean, createClean } from "./clean.ts";
import { takeContext } from "./client-context.ts";
import type { AcpHost, HostDoor, SessionView } from "./host.ts";
import { type AcpMode, configOptions, configuredModels, modelOf, modesOn, type OptionState } from "./options.ts";
import { readPrompt } from "./prompt-in.ts";
import { createPromptQueue, type PromptQueue } from "./prompt-queue.ts";
import { refuseServers } from "./refuse-servers.ts";
import { replayUpdates } from "./replay.ts";
import { answerCommand, availableCommands, ownCommand } from "./slash-commands.ts";
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
/** Kept with the conversation when the mode changes. */
const MODE_NOTICE = "MODE";

/** One session of an editor: prompts in order, updates out, choices that can only tighten. */
export class AcpSession {
  readonly id: string;
  readonly cwd: string;
  /** Ids of the client's own for what is recorded now. */
  marks: AuditStamp = {};
  /** Called once when it begins to close. */
  onClosing: () => void = () => undefined;
  readonly #deps: AcpSessionDeps;
  readonly #opened: ComposedSession;
  readonly #clean: Clean;
  readonly #door: HostDoor;
  readonly #queue: PromptQueue = createPromptQueue();
  readonly #usage = { input: 0, output: 0 };
  readonly #loosest: AcpMode;
  #mode: AcpMode;
  #model: string;
  #notes: readonly string[] = [];
  #hasTitle = false;
  #pending: { readonly text: string; readonly label: Label }[] = [];
  #failure: TurnFailure | null = null;
  #closing: Promise<void> | null = null;

  constructor(deps: AcpSessionDeps, opened: ComposedSession, cwd: string) {
    this.#deps = deps;
    this.#opened = opened;
    this.id = opened.session.id;
    this.cwd = cwd;
    this.#clean = createClean(opened.redactor);
    this.#loosest = opened.config.user.acp?.mode ?? "ask";
    this.#mode = this.#loosest;
    this.#model = modelOf(opened.config);
    const root = opened.project ?? cwd;
    const updates = (): HostDoor["updates"] => this.#door.updates;
    this.#door = deps.host.door({
      id: this.id,
      project: root,
      clean: this.#clean,
      get updates() {
        return updates();
      },
    });
  }

  /** What questions and updates are made with. */
  get view(): SessionView {
    return { id: this.id, project: this.#root, clean: this.#clean, updates: this.#door.updates };
  }

  /** What can be chosen, and what is. */
  get options(): OptionState {
    return {
      mode: this.#mode,
      loosest: this.#loosest,
      model: this.#model,
      models: [...new Set([this.#model, ...configuredModels(this.#opened.config)])],
    };
  }

  /** Masks what leaves on behalf of this session. */
  mask(text: string): string {
    return this.#clean.mask(text);
  }

  async begin(
    start: {
      readonly notes: readonly string[];
      readonly early: readonly SessionEvent[];
      readonly servers: readonly McpServer[];
      readonly isNew: boolean;
    },
  ): Promise<void> {
    const { transcripts, session } = this.#opened;
    if (this.#mode === "read-only") this.#opened.policy.setMode("read-only");
    if (start.isNew) this.#opened.begin();
    else if (transcripts !== null) {
      const { records, header } = readTranscript(transcripts, session.id);
      this.#hasTitle = header.title !== "";
      this.#tightenAgain(records);
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

  /**
   * Changes the mode.
   *
   * @param mode `ask` or `read-only`.
   * @throws {RequestError} -32602 for anything that is not on offer.
   */
  setMode(mode: string): void {
    const wanted = modesOn(this.options).find((known) => known === mode);
    if (wanted === undefined) {
      throw acpError(ACP_CODE.params, `Cannot change the mode to "${mode.slice(0, 64)}"`, {
        code: "MODE_INVALID",
        hint: `one of: ${modesOn(this.options).join(", ")}`,
      });
    }
    this.#mode = wanted;
    this.#opened.policy.setMode(wanted);
    this.#opened.note({ kind: "notice", code: MODE_NOTICE, text: wanted });
    this.#tellOptions();
  }

  /**
   * Goes on with another configured model.
   *
   * @param model One of {@link AcpSession.options}.
   * @throws {RequestError} -32602 for another, and with `MODEL_DENIED` when policy says no.
   */
  async setModel(model: string): Promise<void> {
    if (!this.options.models.includes(model)) {
      throw acpError(ACP_CODE.params, `Cannot use the model "${model.slice(0, 64)}": it is not configured`, {
        code: "MODEL_UNKNOWN",
        hint: "add it under `models` in your config.yml",
      });
    }
    try {
      await this.#opened.changeModel(model);
    } catch (cause) {
      const known = this.#errorFor(cause);
      throw known.code === ACP_CODE.internal ? acpError(ACP_CODE.params, known.message, dataOf(known.data)) : known;
    }
    this.#model = model;
    this.#tellOptions();
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

  async #markedTurn(prompt: ReturnType<typeof readPrompt>, signal: AbortSignal, marks: AuditStamp): Promise<Stop> {
    this.marks = marks;
    try {
      const stop = await this.#turn(prompt, signal);
      // What a cancel tore down may look like a failure; to the client it is what it asked for.
      return signal.aborted && stop !== "integrity" ? "cancelled" : stop;
    } catch (cause) {
      if (signal.aborted) return "cancelled";
      throw cause;
    } finally {
      this.marks = {};
    }
  }

  async #turn(prompt: ReturnType<typeof readPrompt>, signal: AbortSignal): Promise<Stop> {
    this.#failure = null;
    const { session } = this.#opened;
    if (prompt.parts.length === 0) {
      const own = ownCommand(prompt.text);
      if (own === "compact") return await session.compact(signal);
      if (own !== null) {
        this.#door.updates.say(await answerCommand(own, this.#opened, this.#usage));
        return "end";
      }
      const line = parseBuiltinLine(prompt.text);
      if (line.kind === "incomplete") {
        this.#door.updates.say(`${line.why}; the form is: ${line.form}`);
        return "end";
      }
      if (line.kind === "call" && line.slash) return await this.#call(line, signal);
    }
    const data = await this.#data(prompt.parts, signal);
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
    const { result, label } = await this.#opened.session.call(line.tool, line.args, signal);
    if (!line.silent && result.output !== null) this.#pending.push({ text: result.output, label });
    return signal.aborted ? "cancelled" : "end";
  }

  #data(parts: ReturnType<typeof readPrompt>["parts"], signal: AbortSignal): ReturnType<typeof takeContext> {
    const readsBuffers = this.#opened.config.user.acp?.client_fs === "read" && this.#deps.host.can().readBuffers;
    return takeContext({ opened: this.#opened, door: this.#door, root: this.#root, readsBuffers }, parts, signal);
  }

  /** The first words of the person name the conversation, as its transcript has it. */
  #tellTitle(text: string): void {
    if (this.#hasTitle) return;
    const title = this.#clean.line(titleOf(this.#clean.mask(text)));
    if (title === "") return;
    this.#hasTitle = true;
    this.#door.updates.send({ sessionUpdate: "session_info_update", title });
  }

  #tellOptions(): void {
    const { updates } = this.#door;
    updates.send({ sessionUpdate: "current_mode_update", currentModeId: this.#mode });
    updates.send({ sessionUpdate: "config_option_update", configOptions: configOptions(this.options) });
  }

  /** What was tightened stays so: a session that goes on is no looser than it was. */
  #tightenAgain(records: ReturnType<typeof readTranscript>["records"]): void {
    const last = records.findLast((record) => record.kind === "notice" && record.code === MODE_NOTICE);
    if (last?.kind !== "notice" || last.text !== "read-only") return;
    this.#mode = "read-only";
    this.#opened.policy.setMode("read-only");
  }
}

function gone(): Error {
  return acpError(ACP_CODE.notFound, "Cannot go on: the session is closed", {
    code: "SESSION_NOT_FOUND",
    hint: "open a new session",
  });
}

function dataOf(data: unknown): { readonly code: string; readonly hint: string | null } {
  if (typeof data !== "object" || data === null) return { code: "INTERNAL", hint: null };
  const code = "code" in data && typeof data.code === "string" ? data.code : "INTERNAL";
  return { code, hint: "hint" in data && typeof data.hint === "string" ? data.hint : null };
}
