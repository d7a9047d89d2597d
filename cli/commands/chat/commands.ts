import { nearestName } from "../../../core/mod.ts";
import { BUILTIN_FORMS, describeTools } from "../../../session/mod.ts";
import type { ComposedSession } from "../../compose.ts";
import type { CommandContext } from "../../context.ts";
import { listNames } from "../../list-names.ts";

/** What a command of the chat leads to. */
export type ChatCommand = "stay" | "quit" | "new" | "mode";

const COMMANDS: Readonly<Record<string, string>> = {
  help: "what can be typed here",
  mode: "switch between ask and read-only (Shift+Tab)",
  model: "the model of this session",
  policy: "the policy in force",
  grants: "remembered answers",
  tools: "the tools of this session",
  skills: "generated tools and skills of this project",
  sessions: "sessions of this project",
  audit: "where this session is recorded",
  usage: "tokens so far",
  new: "start a new session",
  quit: "leave",
};

/**
 * Runs a command of the chat.
 *
 * @param context The command's context.
 * @param opened The session.
 * @param line The line, starting with `/`; no call of the built-in forms.
 * @returns What the chat does next.
 */
export async function runChatCommand(
  context: CommandContext,
  opened: ComposedSession,
  line: string,
): Promise<ChatCommand> {
  const { output } = context;
  const word = line.slice(1).split(/\s/, 1)[0] ?? "";
  switch (word) {
    case "help":
      output.text(helpText());
      return "stay";
    case "mode":
      return "mode";
    case "model":
      output.text(`${opened.config.provider}${opened.config.model === null ? "" : `/${opened.config.model}`}`);
      return "stay";
    case "policy":
      showPolicy(context, opened);
      return "stay";
    case "grants":
      showGrants(context, opened);
      return "stay";
    case "tools":
      await showTools(context);
      return "stay";
    case "skills":
      output.text(listed(listNames(opened.project, "skills"), "none yet"));
      return "stay";
    case "sessions":
      output.text(listed(listNames(opened.project, "sessions"), "none kept"));
      return "stay";
    case "audit":
      output.text(`${opened.audit.file}\n${opened.audit.failed ? "FAILED: nothing more can be done" : "ok"}`);
      return "stay";
    case "usage":
      output.text("shown in the status line: context used / size");
      return "stay";
    case "new":
      return "new";
    case "quit":
    case "exit":
      return "quit";
    default: {
      const near = nearestName(word, Object.keys(COMMANDS));
      output.note(`unknown command "/${word}"${near === null ? "; /help lists them" : `: did you mean /${near}?`}`);
      return "stay";
    }
  }
}

async function showTools({ output }: CommandContext): Promise<void> {
  output.table((await describeTools()).map(({ name, summary }) => [name, summary]));
}

function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, summary]) => `  /${name.padEnd(10)} ${summary}`);
  const keys = [
    "  Enter sends, Ctrl+J breaks the line, Up recalls, Ctrl+C stops or clears, Ctrl+D leaves",
    "  @PATH in a prompt reads that file and sends it along as data",
  ];
  return [
    "Calls of your own, decided like any other:",
    ...BUILTIN_FORMS.map((form) => `  ${form}`),
    "",
    "Commands:",
    ...commands,
    "",
    "Keys:",
    ...keys,
  ].join("\n");
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
  context.output.table(grants.map((grant) => [grant.scope, grant.decision, grant.capability, grant.shape]));
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join("\n");
}
