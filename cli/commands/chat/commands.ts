import { resolve } from "node:path";
import { nearestName, writeFileAtomic } from "../../../core/mod.ts";
import {
  BUILTIN_FORMS,
  describeTools,
  exportDocument,
  exportMarkdown,
  readTranscript,
  SessionError,
} from "../../../session/mod.ts";
import type { ComposedSession } from "../../compose.ts";
import type { CommandContext } from "../../context.ts";
import { listNames, namesIn } from "../../list-names.ts";
import { coversText } from "../../term/covers-text.ts";
import type { ChatScreen, SessionTally } from "./screen.ts";

/** What a command of the chat leads to. */
export type ChatCommand =
  | { readonly kind: "stay" | "quit" | "new" }
  /** `null` is the other one. */
  | { readonly kind: "mode"; readonly mode: ChatMode | null }
  | { readonly kind: "model"; readonly model: string };

/** What a chat offers to the model: everything, or what only reads. */
export type ChatMode = "ask" | "read-only";

/** The chat that a command is typed into. */
export interface ChatGround {
  readonly opened: ComposedSession;
  readonly tally: SessionTally;
  readonly screen: ChatScreen;
}

const STAY = { kind: "stay" } as const;

const COMMANDS: Readonly<Record<string, string>> = {
  help: "what can be typed here",
  mode: "switch between ask and read-only (Shift+Tab), or name one",
  model: "models to choose from; /model NAME goes on with another one",
  policy: "the policy in force",
  grants: "remembered answers",
  tools: "the tools of this session",
  skills: "generated tools and skills of this project",
  sessions: "sessions of this project",
  audit: "where this session is recorded",
  usage: "tokens so far",
  diff: "what this session changed in the project",
  compact: "let the model sum up the conversation, to make room",
  export: "write this conversation to a Markdown file: /export FILE",
  new: "start a new session",
  quit: "leave",
};

const TAKES_ARGUMENT: ReadonlySet<string> = new Set(["mode", "model", "export"]);

/**
 * Runs a command of the chat.
 *
 * @param context The command's context.
 * @param ground The session and its screen.
 * @param line The line, starting with `/`; no call of the built-in forms.
 * @returns What the chat does next.
 */
export async function runChatCommand(
  context: CommandContext,
  ground: ChatGround,
  line: string,
): Promise<ChatCommand> {
  const { output } = context;
  const { opened, tally, screen } = ground;
  const [word = "", ...rest] = line.slice(1).split(/\s+/);
  const argument = rest.join(" ");
  if (argument !== "" && Object.hasOwn(COMMANDS, word) && !TAKES_ARGUMENT.has(word)) {
    // What stands behind it may be meant for the model: nothing is done, and nothing is lost without a word.
    output.note(`/${word} stands alone: nothing was done`);
    return STAY;
  }
  switch (word) {
    case "help":
      showHelp(context);
      return STAY;
    case "mode":
      if (argument === "" || argument === "ask" || argument === "read-only") {
        return { kind: "mode", mode: argument === "" ? null : argument };
      }
      output.note(`unknown mode "${argument}": there are ask and read-only`);
      return STAY;
    case "model":
      if (argument !== "") return { kind: "model", model: argument };
      await (await import("./show-models.ts")).showModels(context, opened.config, tally.modelName);
      return STAY;
    case "policy":
      showPolicy(context, opened);
      return STAY;
    case "grants":
      showGrants(context, opened);
      return STAY;
    case "tools":
      await showTools(context);
      return STAY;
    case "skills":
      output.text(listed(listNames(opened.project, "skills"), "none yet"));
      return STAY;
    case "sessions":
      output.text(listed(opened.transcripts === null ? [] : namesIn(opened.transcripts.dir, "sessions"), "none kept"));
      return STAY;
    case "audit":
      output.text(`${opened.audit.file}\n${opened.audit.failed ? "FAILED: nothing more can be done" : "ok"}`);
      return STAY;
    case "usage": {
      const { input, output: written, calls } = tally.usage;
      output.text(`${calls} model ${calls === 1 ? "call" : "calls"}, ${input} tokens sent, ${written} received`);
      return STAY;
    }
    case "diff":
      output.text(listed(tally.kept, "nothing was changed"));
      return STAY;
    case "compact":
      await screen.during({
        cancel: () => opened.session.cancel(),
        work: () => opened.session.compact(context.signal),
      });
      return STAY;
    case "export":
      exportConversation(context, opened, argument);
      return STAY;
    case "new":
      return { kind: "new" };
    case "quit":
    case "exit":
      return { kind: "quit" };
    default: {
      const near = nearestName(word, Object.keys(COMMANDS));
      output.note(`unknown command "/${word}"${near === null ? "; /help lists them" : `: did you mean /${near}?`}`);
      return STAY;
    }
  }
}

/** The conversation so far, masked once more; the file is made by the one who typed its name. */
function exportConversation(context: CommandContext, opened: ComposedSession, file: string): void {
  const { output } = context;
  if (file === "") return output.note("say where to: /export conversation.md");
  if (opened.transcripts === null) return output.note("this session keeps no conversation");
  try {
    const content = readTranscript(opened.transcripts, opened.session.id);
    const document = exportDocument(content, (text) => opened.redactor.mask(text).text);
    const path = resolve(context.cwd, file);
    writeFileAtomic(path, new TextEncoder().encode(exportMarkdown(document)));
    output.text(`wrote ${path}`);
  } catch (cause) {
    // A conversation is kept from its first prompt on.
    if (cause instanceof SessionError && cause.code === "SESSION_NOT_FOUND") output.note("nothing was said yet");
    else output.error(cause);
  }
}

async function showTools({ output }: CommandContext): Promise<void> {
  output.table((await describeTools()).map(({ name, summary }) => [name, summary]));
}

const KEYS: readonly (readonly [string, string])[] = [
  ["  Enter", "sends; Ctrl+J or \\ and Enter break the line"],
  ["  Up, Ctrl+R", "earlier inputs"],
  ["  Ctrl+C, Esc", "stop what runs; Ctrl+C also clears the input"],
  ["  Ctrl+D", "leaves"],
  ["  Ctrl+Z", "back to your shell for a while; fg goes on"],
  ["  Ctrl+L", "a blank screen; what stood there scrolls up"],
  ["  Shift+Tab", "ask, or read-only"],
  ["  @PATH", 'in a prompt sends that file along as data; Tab completes it; @"A B" for blanks'],
  ["  !!COMMAND", "as !COMMAND, but its output is not sent to the model"],
  ["  typing", "while something runs: it waits its turn; Ctrl+C gives it back"],
];

function showHelp({ output }: CommandContext): void {
  output.text("Calls of your own, decided like any other:");
  output.text(BUILTIN_FORMS.map((form) => `  ${form}`).join("\n"));
  output.text("\nCommands:");
  output.table(Object.entries(COMMANDS).map(([name, summary]) => [`  /${name}`, summary]));
  output.text("\nKeys:");
  output.table(KEYS);
}

function showPolicy(context: CommandContext, opened: ComposedSession): void {
  const { state, digest, layers } = opened.policy.generation;
  context.output.text(`${state}  ${digest}`);
  context.output.table(
    layers.filter(({ sha256 }) => sha256 !== null)
      .map((
        { layer, path, rules, grants },
      ) => [layer, path, `${rules} rules`, grants ? "" : "not trusted: can only deny"]),
  );
}

function showGrants(context: CommandContext, opened: ComposedSession): void {
  const grants = opened.policy.grants();
  if (grants.length === 0) context.output.text("none");
  context.output.table(
    grants.map(({ scope, decision, capability, shape }) => [scope, decision, capability, coversText(shape)]),
  );
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join("\n");
}
