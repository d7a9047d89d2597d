import { type ApprovalRequest, type Approver, labelOf } from "../../../core/mod.ts";
import { type BuiltinLine, parseBuiltinLine, type SessionInput } from "../../../session/mod.ts";
import { type ComposedSession, openComposedSession } from "../../compose.ts";
import type { ResumeWish } from "../../compose/conversation.ts";
import type { CommandContext, CommandInput, Terminal } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { readInput, type Typed } from "../../term/read-input.ts";
import { sanitizeLine } from "../../term/sanitize.ts";
import { resumeWish } from "../run/resume-wish.ts";
import { runChatCommand } from "./commands.ts";
import { type ChatScreen, createChatScreen } from "./show-event.ts";
import { type TypedAhead, whileRunning } from "./while-running.ts";

/** Talks to the agent on a terminal: the command `chat`. */
export async function runChat(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { terminal, tty } = context;
  if (terminal === null || !tty.stdout) {
    throw new CliError("NO_TERMINAL", "Cannot chat: there is no terminal", {
      hint: 'use `agentzero run "PROMPT"`, which asks nothing',
    });
  }
  const chat = new Chat(context, terminal, input);
  return await chat.run();
}

/** One chat: sessions follow each other, the screen and the history stay. */
class Chat {
  readonly #context: CommandContext;
  readonly #terminal: Terminal;
  readonly #input: CommandInput;
  readonly #screen: ChatScreen;
  readonly #history: string[] = [];
  readonly #approver: TypedApprover;
  #mode: "ask" | "read-only";
  /** Only the first session of a chat goes on with an earlier one. */
  #resume: ResumeWish | null;
  #draft = "";
  /** Lines typed while something ran. */
  #queue: string[] = [];
  #pending: SessionInput["data"][number][] = [];

  constructor(context: CommandContext, terminal: Terminal, input: CommandInput) {
    this.#context = context;
    this.#terminal = terminal;
    this.#input = input;
    this.#screen = createChatScreen(context);
    this.#approver = createTypedApprover(terminal.approver);
    this.#resume = resumeWish(input);
    this.#mode = input.flag("readOnly") ? "read-only" : "ask";
  }

  async run(): Promise<ExitCode> {
    let opened = await this.#open();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one input after the other
      const next = await this.#step(opened);
      if (next === "stay") continue;
      // oxlint-disable-next-line no-await-in-loop
      await opened.close();
      if (next === "quit") return EXIT.ok;
      if (next === "leave") return EXIT.interrupted;
      this.#resume = null;
      // oxlint-disable-next-line no-await-in-loop
      opened = await this.#open();
    }
  }

  #open(): Promise<ComposedSession> {
    const { approver } = this.#approver;
    return openComposedSession(this.#context, {
      front: "cli",
      approver,
      mode: this.#mode,
      project: "optional",
      model: {
        provider: this.#input.option("provider"),
        name: this.#input.option("model"),
        script: this.#input.option("script"),
      },
      resume: this.#resume,
      emit: (event) => this.#screen.take(event),
    });
  }

  async #step(opened: ComposedSession): Promise<"stay" | "quit" | "leave" | "new"> {
    const typed = await this.#read(opened);
    switch (typed.kind) {
      case "end":
        return this.#context.signal.aborted ? "leave" : "quit";
      case "leave":
        return "leave";
      case "mode":
        this.#draft = typed.text;
        this.#switchMode(opened);
        return "stay";
      case "send":
        return await this.#take(opened, typed);
      default:
        return typed satisfies never;
    }
  }

  async #read(opened: ComposedSession): Promise<Typed> {
    const queued = this.#queue.shift();
    if (queued !== undefined) {
      this.#terminal.write(`> ${sanitizeLine(queued)}\n`);
      return { kind: "send", text: queued, pastes: [] };
    }
    const text = this.#draft;
    this.#draft = "";
    if (this.#input.flag("plain") || isPlainTerminal(this.#context)) {
      const line = await this.#terminal.line("> ");
      return line === null ? { kind: "end" } : { kind: "send", text: line, pastes: [] };
    }
    const status = this.#screen.status({
      mode: this.#mode,
      grants: opened.policy.grants().length,
      auditFailed: opened.audit.failed,
    });
    return await readInput(
      this.#terminal,
      { prompt: "> ", status, history: this.#history, text, signal: this.#context.signal },
      (work) => this.#context.onExit(work),
    );
  }

  async #take(
    opened: ComposedSession,
    typed: Extract<Typed, { kind: "send" }>,
  ): Promise<"stay" | "quit" | "leave" | "new"> {
    if (!typed.text.startsWith(" ") && this.#history.at(-1) !== typed.text) this.#history.push(typed.text);
    const line = parseBuiltinLine(typed.text);
    if (line.kind === "call" && line.slash) {
      await this.#call(opened, line);
      return "stay";
    }
    if (line.kind === "incomplete") {
      this.#context.output.note(`${line.why}; the form is: ${line.form}`);
      return "stay";
    }
    if (typed.text.startsWith("/")) {
      const next = await runChatCommand(this.#context, opened, typed.text.trim());
      if (next === "mode") this.#switchMode(opened);
      return next === "mode" ? "stay" : next;
    }
    await this.#submit(opened, typed);
    return "stay";
  }

  async #submit(opened: ComposedSession, typed: Extract<Typed, { kind: "send" }>): Promise<void> {
    const pastes = typed.pastes.map((text, at) => ({ text, label: labelOf("file", [], `paste ${at + 1}`) }));
    const files = await this.#readFiles(opened, typed.text);
    const data = [...this.#pending, ...pastes, ...files];
    this.#pending = [];
    this.#keep(
      await whileRunning(this.#terminal, {
        cancel: () => opened.session.cancel(),
        work: () => opened.session.submit({ text: typed.text, data }, this.#context.signal),
      }),
    );
    this.#screen.settle();
  }

  /** A line that starts with `/` or `!` is the person's own call; its output goes along with the next prompt. */
  async #call(opened: ComposedSession, line: Extract<BuiltinLine, { kind: "call" }>): Promise<void> {
    const stop = new AbortController();
    this.#approver.typed(line.tool);
    const typed = await whileRunning(this.#terminal, {
      cancel: () => stop.abort(),
      work: async () => {
        const signal = AbortSignal.any([stop.signal, this.#context.signal]);
        const { result, label } = await opened.session.call(line.tool, line.args, signal);
        // Everything else about it came as an event.
        if (result.output !== null) this.#context.output.text(result.output);
        if (!line.silent && result.output !== null) this.#pending.push({ text: result.output, label });
      },
    });
    this.#approver.typed(null);
    this.#keep(typed);
  }

  #keep(typed: TypedAhead): void {
    this.#queue.push(...typed.lines);
    this.#draft = typed.draft;
  }

  async #readFiles(opened: ComposedSession, text: string): Promise<SessionInput["data"]> {
    const data: SessionInput["data"][number][] = [];
    for (const [, path = ""] of text.matchAll(/(?:^|\s)@([^\s@]+)/g)) {
      // oxlint-disable-next-line no-await-in-loop -- in the order they are named
      const { result, label } = await opened.session.call("read", { path }, this.#context.signal);
      // A refusal was told as an event.
      if (result.output !== null) data.push({ text: result.output, label });
    }
    return data;
  }

  #switchMode(opened: ComposedSession): void {
    this.#mode = this.#mode === "ask" ? "read-only" : "ask";
    opened.policy.setMode(this.#mode);
  }
}

/** Terminals where nothing is ever redrawn: dumb ones, build machines, windows too small for it. */
function isPlainTerminal({ system: { env }, tty }: CommandContext): boolean {
  return env["TERM"] === "dumb" || (env["CI"] ?? "") !== "" || tty.columns < 40 || tty.rows < 10;
}

interface TypedApprover {
  readonly approver: Approver;
  /** Names the tool of the line that was typed, or `null` when it has ended. */
  typed(tool: string | null): void;
}

/**
 * Lets the act of typing `!cmd` at our own terminal answer the ask about that very command, once. Its changes are asked
 * about as always.
 */
function createTypedApprover(inner: Approver): TypedApprover {
  let waiting: string | null = null;
  return {
    typed(tool): void {
      waiting = tool;
    },
    approver: {
      channel: inner.channel,
      ask(request, signal) {
        const answers = waiting === "shell" && isCommandItself(request);
        waiting = null;
        if (!answers) return inner.ask(request, signal);
        return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null });
      },
    },
  };
}

function isCommandItself(request: ApprovalRequest): boolean {
  return request.tool === "shell" && request.actor === "person" && request.preview.kind === "text";
}
