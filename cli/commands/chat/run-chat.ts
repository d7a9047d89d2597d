import { parseBuiltinLine } from "../../../session/mod.ts";
import { type ComposedSession, openComposedSession } from "../../compose.ts";
import type { ResumeWish } from "../../compose/conversation.ts";
import type { CommandContext, CommandInput, Terminal } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { completePath } from "../../term/complete-path.ts";
import type { Typed } from "../../term/prompt-box.ts";
import { resumeWish } from "../run/resume-wish.ts";
import { VERSION } from "../../version.ts";
import { ChatTurns } from "./chat-turns.ts";
import { type ChatMode, runChatCommand } from "./commands.ts";
import { type History, openHistory } from "./history-file.ts";
import { createLiveScreen } from "./live-screen.ts";
import { createPlainScreen } from "./plain-screen.ts";
import { type ChatScreen, createTally, type SessionTally } from "./screen.ts";
import { createTypedApprover, type TypedApprover } from "./typed-approver.ts";

/** Talks to the agent on a terminal: the command `chat`. */
export async function runChat(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { terminal, tty } = context;
  if (terminal === null || !tty.stdout) {
    throw new CliError("NO_TERMINAL", "Cannot chat: there is no terminal", {
      hint: 'use `agentzero run "PROMPT"`, which asks nothing',
    });
  }
  const chat = new Chat(context, terminal, input);
  try {
    return await chat.run();
  } finally {
    chat.close();
  }
}

type Send = Extract<Typed, { kind: "send" }>;
/** What follows an input: the same session, the end, or a new session. */
interface Next {
  readonly kind: "stay" | "quit" | "leave" | "new";
}

/** One chat: sessions follow each other, the screen and the history stay. */
class Chat {
  readonly #input: CommandInput;
  readonly #screen: ChatScreen;
  readonly #context: CommandContext;
  readonly #approver: TypedApprover;
  #opened: ComposedSession | null = null;
  #tally: SessionTally = createTally();
  #history: History | null = null;
  #mode: ChatMode;
  /** Only the first session of a chat goes on with an earlier one. */
  #resume: ResumeWish | null;
  #model: string | undefined;
  readonly #turns: ChatTurns;

  constructor(context: CommandContext, terminal: Terminal, input: CommandInput) {
    this.#input = input;
    this.#resume = resumeWish(input);
    this.#model = input.option("model");
    this.#mode = input.flag("readOnly") ? "read-only" : "ask";
    this.#screen = input.flag("plain") || isPlainTerminal(context)
      ? createPlainScreen(context, terminal)
      : createLiveScreen(context, terminal, {
        status: (cells) => this.#status(cells),
        history: () => this.#history?.lines ?? [],
        complete: (text, cursor) => this.#complete(text, cursor),
      });
    this.#context = { ...context, output: this.#screen.output };
    this.#approver = createTypedApprover(this.#screen.approver);
    this.#turns = new ChatTurns({
      screen: this.#screen,
      approver: this.#approver,
      signal: context.signal,
      isShell: () => this.#tally.modelName === "builtin",
    });
    context.signal.addEventListener("abort", () => this.#screen.close(), { once: true });
  }

  async run(): Promise<ExitCode> {
    let opened = await this.#open();
    this.#screen.output.note(`AgentZero ${VERSION}: /help lists what can be typed, Ctrl+D leaves`);
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one input after the other
      const next = await this.#step(opened);
      if (next.kind === "stay") continue;
      // oxlint-disable-next-line no-await-in-loop
      await opened.close();
      if (next.kind === "quit") return EXIT.ok;
      if (next.kind === "leave") return EXIT.interrupted;
      this.#resume = null;
      // oxlint-disable-next-line no-await-in-loop
      opened = await this.#open();
    }
  }

  close(): void {
    this.#screen.close();
  }

  async #open(): Promise<ComposedSession> {
    this.#tally = createTally();
    const opened = await openComposedSession(this.#context, {
      front: "cli",
      approver: this.#approver.approver,
      // All tools are there, so that the mode can be switched; what only reads is all that is offered meanwhile.
      mode: "ask",
      project: "optional",
      model: {
        provider: this.#input.option("provider"),
        name: this.#model,
        script: this.#input.option("script"),
      },
      resume: this.#resume,
      emit: (event) => {
        this.#tally.take(event);
        this.#turns.show(event);
      },
    });
    this.#opened = opened;
    opened.policy.setMode(this.#mode);
    const { home, keys } = opened.installation;
    this.#history ??= openHistory({
      home,
      keys,
      random: this.#context.system.random,
      warn: (text) => this.#screen.output.note(text),
    });
    return opened;
  }

  #status(cells: number): string {
    if (this.#opened === null) return "opening";
    const { policy, audit, session } = this.#opened;
    return this.#tally.status({
      mode: this.#mode,
      grants: policy.grants().length,
      auditFailed: audit.failed,
      tainted: session.tainted,
      cells,
    });
  }

  #complete(text: string, cursor: number): ReturnType<typeof completePath> {
    const opened = this.#opened;
    if (opened === null) return null;
    const masked = opened.policy.masks();
    return completePath(
      { root: opened.project ?? this.#context.cwd, isHidden: (path) => masked(path) !== null },
      text,
      cursor,
    );
  }

  async #step(opened: ComposedSession): Promise<Next> {
    const typed = await this.#screen.read();
    switch (typed.kind) {
      case "end":
        return { kind: this.#context.signal.aborted ? "leave" : "quit" };
      case "leave":
        return { kind: "leave" };
      case "mode":
        this.#switchMode(opened, null);
        return { kind: "stay" };
      case "send":
        return await this.#take(opened, typed);
      default:
        return typed satisfies never;
    }
  }

  async #take(opened: ComposedSession, typed: Send): Promise<Next> {
    await this.#history?.add(typed.text, opened.redactor);
    const line = parseBuiltinLine(typed.text);
    if (line.kind === "call" && line.slash) {
      await this.#turns.call(opened, line);
      return { kind: "stay" };
    }
    if (line.kind === "incomplete") {
      this.#screen.output.note(`${line.why}; the form is: ${line.form}`);
      return { kind: "stay" };
    }
    if (!typed.text.startsWith("/")) {
      await this.#turns.submit(opened, typed);
      return { kind: "stay" };
    }
    const next = await runChatCommand(
      this.#context,
      { opened, tally: this.#tally, screen: this.#screen },
      typed.text.trim(),
    );
    switch (next.kind) {
      case "mode":
        this.#switchMode(opened, next.mode);
        return { kind: "stay" };
      case "model":
        await this.#changeModel(opened, next.model);
        return { kind: "stay" };
      default:
        return { kind: next.kind };
    }
  }

  /** The conversation goes on: with what it has read, policy says whether this model may have it. */
  async #changeModel(opened: ComposedSession, wanted: string): Promise<void> {
    try {
      const { provider, name, locality } = await opened.changeModel(wanted);
      this.#model = wanted;
      this.#tally.model(provider, name, locality);
      const text = `model: ${provider}/${name} (${locality})`;
      opened.note({ kind: "notice", code: "MODEL_CHANGED", text });
      this.#screen.output.note(text);
    } catch (cause) {
      this.#screen.output.error(cause);
    }
  }

  #switchMode(opened: ComposedSession, wanted: ChatMode | null): void {
    this.#mode = wanted ?? (this.#mode === "ask" ? "read-only" : "ask");
    opened.policy.setMode(this.#mode);
    this.#screen.output.note(`mode: ${this.#mode}`);
  }
}

/** Terminals where nothing is ever redrawn: dumb ones, build machines, windows too small for it. */
function isPlainTerminal({ system: { env }, tty }: CommandContext): boolean {
  return env["TERM"] === "dumb" || (env["CI"] ?? "") !== "" || tty.columns < 40 || tty.rows < 10;
}
