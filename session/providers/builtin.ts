import type { LanguageModelV4, LanguageModelV4Prompt } from "@ai-sdk/provider";
import { BUILTIN_FORMS, parseBuiltinLine } from "./parse-builtin-line.ts";
import { plainOf, type Turn, turnModel } from "./turn-model.ts";

/**
 * Makes the model that is none: it turns one line into at most one call and answers with the call's result. It is what
 * a fresh machine talks to; nothing leaves the process.
 *
 * @returns The model.
 */
export function builtinModel(): LanguageModelV4 {
  return turnModel({ provider: "builtin", modelId: "builtin" }, reply);
}

/**
 * Says what the built-in model is and what it understands.
 *
 * @returns Plain text of a few lines.
 */
export function builtinHelp(): string {
  return [
    "This is the built-in shell of AgentZero. It is not a language model: it understands these lines, one call each:",
    "",
    ...BUILTIN_FORMS.map((form) => `  ${form}`),
    "",
    "Every call meets the same policy as a model's. For a language model: `agentzero doctor` shows what runs here,",
    "`model:` in config.yml chooses one.",
  ].join("\n");
}

function reply(prompt: LanguageModelV4Prompt): Turn {
  const last = prompt.at(-1);
  if (last?.role === "tool") return { text: resultsOf(last), calls: [] };
  const line = parseBuiltinLine(typedText(prompt));
  switch (line.kind) {
    case "call":
      return { text: "", calls: [{ tool: line.tool, args: line.args }] };
    case "incomplete":
      return { text: `Not understood: ${line.why}. The form is: ${line.form}`, calls: [] };
    case "help":
    case "other":
      return { text: builtinHelp(), calls: [] };
    default:
      return line satisfies never;
  }
}

function resultsOf(message: Extract<LanguageModelV4Prompt[number], { role: "tool" }>): string {
  return message.content
    .flatMap((part) => (part.type === "tool-result" ? [plainOf(part.providerOptions, part.output)] : []))
    .join("\n");
}

/** The person's own words; what follows them in the same message is labelled data and asks for nothing. */
function typedText(prompt: LanguageModelV4Prompt): string {
  for (const message of prompt.toReversed()) {
    if (message.role !== "user") continue;
    const [first] = message.content;
    return first?.type === "text" ? first.text : "";
  }
  return "";
}
