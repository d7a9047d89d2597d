import type { Classification, Redactor } from "../core/mod.ts";
import type { ContextItem, LabelledText } from "./context.ts";
import { SessionError } from "./errors.ts";
import type { SessionInput } from "./prompt.ts";
import type { SessionWiring } from "./session-wiring.ts";

/**
 * Adds what a person sent to the conversation, masked and labelled; their words quote from now on.
 *
 * @param wiring The session.
 * @param input The person's words and labelled data.
 * @throws {SessionError} `LIMIT_SIZE` for too many bytes, and what keeping the transcript throws.
 */
export async function addPrompt(wiring: SessionWiring, input: SessionInput): Promise<void> {
  const { gate, limits } = wiring;
  const bytes = Buffer.byteLength(input.text) + input.data.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > limits.promptBytes) {
    throw new SessionError("LIMIT_SIZE", `Cannot take the prompt: ${bytes} bytes is more than ${limits.promptBytes}`, {
      hint: "put the text into a file and let the model read it",
    });
  }
  const item: ContextItem = {
    kind: "prompt",
    text: gate.redactor.mask(input.text).text,
    data: await Promise.all(
      [...wiring.context.items.length === 0 ? wiring.instructions : [], ...input.data].map((part) =>
        labelData(gate.redactor, part)
      ),
    ),
  };
  wiring.quotes.learn(input.text);
  wiring.context.add(item);
  await wiring.store?.(item);
}

async function labelData(redactor: Redactor, part: SessionInput["data"][number]): Promise<LabelledText> {
  const { text } = redactor.mask(part.text);
  const detected = new Set<Classification>();
  for (const hit of await redactor.detect(text)) detected.add(hit.class);
  return { text, label: part.label, detected: [...detected] };
}
