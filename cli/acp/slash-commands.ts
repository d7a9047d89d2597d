import type { AvailableCommand } from "@agentclientprotocol/sdk";
import { BUILTIN_FORMS, describeTools } from "../../session/mod.ts";
import type { ComposedSession } from "../compose.ts";
import { listNames } from "../list-names.ts";

/** A command of the front door's own. */
export type OwnCommand = "help" | "policy" | "audit" | "grants" | "skills" | "tools" | "compact" | "usage";

const OWN: Readonly<Record<OwnCommand, string>> = {
  help: "What can be typed here",
  policy: "The policy in force",
  audit: "Where this session is recorded",
  grants: "Remembered answers",
  skills: "Generated tools and skills of this project",
  tools: "The tools of this session",
  compact: "Let the model sum up the conversation, to make room",
  usage: "Tokens so far",
};

/** Calls of the person's own, decided like any other. */
const CALLS: readonly (readonly [name: string, description: string, hint: string])[] = [
  ["read", "Read a file", "PATH"],
  ["list", "List a folder", "[PATH]"],
  ["search", "Search in files", "PATTERN [in PATH]"],
  ["shell", "Run a command in the sandbox", "COMMAND"],
  ["fetch", "Send a request to an allowed host", "URL"],
  ["skill", "Use a skill", "NAME"],
  ["tool", "Call a generated tool", "NAME [JSON]"],
];

/** What a client may offer after a slash. */
export function availableCommands(): AvailableCommand[] {
  return [
    ...Object.entries(OWN).map(([name, description]) => ({ name, description })),
    ...CALLS.map(([name, description, hint]) => ({ name, description, input: { hint } })),
  ];
}

/**
 * Recognises a command of the front door's own.
 *
 * @param text What was typed.
 * @returns The command, or `null`.
 */
export function ownCommand(text: string): OwnCommand | null {
  const [, word = ""] = /^\/([a-z]+)\s*$/.exec(text.trim()) ?? [];
  return isOwn(word) ? word : null;
}

function isOwn(word: string): word is OwnCommand {
  return Object.hasOwn(OWN, word);
}

/**
 * Answers a command that needs no model.
 *
 * @param command The command.
 * @param opened The session.
 * @param usage Tokens so far.
 * @returns Text for the person.
 */
export async function answerCommand(
  command: Exclude<OwnCommand, "compact">,
  opened: ComposedSession,
  usage: { readonly input: number; readonly output: number },
): Promise<string> {
  switch (command) {
    case "help": {
      const own = Object.entries(OWN).map(([name, description]) => `- \`/${name}\` ${description}`);
      return [...own, "", "Calls of your own:", ...BUILTIN_FORMS.map((form) => `    ${form}`)].join("\n");
    }
    case "policy": {
      const { state, digest, layers } = opened.policy.generation;
      const loaded = layers.filter(({ sha256 }) => sha256 !== null);
      return [
        `${state} ${digest}`,
        ...loaded.map(({ layer, rules, grants }) => `- ${layer}: ${rules} rules${grants ? "" : ", can only deny"}`),
      ].join("\n");
    }
    case "audit":
      return `${opened.audit.file}: ${opened.audit.failed ? "FAILED, nothing more can be done" : "ok"}`;
    case "grants": {
      const grants = opened.policy.grants();
      if (grants.length === 0) return "none";
      return grants.map(({ scope, decision, capability, shape }) => `- ${scope} ${decision} ${capability} ${shape}`)
        .join("\n");
    }
    case "skills": {
      const names = listNames(opened.project, "skills");
      return names.length === 0 ? "none yet" : names.map((name) => `- ${name}`).join("\n");
    }
    case "tools":
      return (await describeTools()).map(({ name, summary }) => `- \`${name}\` ${summary}`).join("\n");
    case "usage":
      return `${usage.input} tokens sent, ${usage.output} received`;
    default:
      return command satisfies never;
  }
}
