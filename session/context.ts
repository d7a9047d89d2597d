import { type CallId, type Classification, joinLabels, type Label, USER_LABEL } from "../core/mod.ts";
import type { Envelope } from "./envelope.ts";
import { rewriteJson } from "./mask-json.ts";
import type { ModelCall, ModelMessage } from "./providers/model.ts";

/** A piece of text in the context, masked, with its label and what detectors saw in it. */
export interface LabelledText {
  /** The text, without secret values. */
  readonly text: string;
  /** Where it came from and what it is. */
  readonly label: Label;
  /** Classes that detectors found; they no longer count once a request masks them. */
  readonly detected: readonly Classification[];
}

/** A call of the model and what became of it. */
export interface AnsweredCall {
  /** Id of the call, as its records name it. */
  readonly call: CallId;
  /** The id the provider knows it by. */
  readonly id: string;
  /** Name of the tool, as the model wrote it. */
  readonly tool: string;
  /** The arguments as the model wrote them; their text where it is no JSON. */
  readonly args: unknown;
  /** `denied` when policy or a person said no. */
  readonly status: "ok" | "error" | "denied";
  /** What the model is shown. */
  readonly result: LabelledText;
}

/** One step of the conversation. */
export type ContextItem =
  | { readonly kind: "prompt"; readonly text: string; readonly data: readonly LabelledText[] }
  | { readonly kind: "reply"; readonly text: string; readonly label: Label; readonly calls: readonly AnsweredCall[] };

/** Everything the model may see, with the label of each part. */
export interface Context {
  readonly items: readonly ContextItem[];
  add(item: ContextItem): void;
  /** Puts shorter items in the place of all; labels stay as they were. */
  rewrite(items: readonly ContextItem[]): void;
  /** Join over everything in the context: what shapes the next reply. Never falls. */
  label(): Label;
  /** Declared classes, without what detectors found. */
  declared(): readonly Classification[];
  /** Classes that detectors found. */
  detected(): readonly Classification[];
  /** Bytes of text and arguments, for the budget. */
  bytes(): number;
}

/**
 * Creates the context of a session.
 *
 * @param items What an earlier opening left; optional.
 * @returns The context.
 */
export function createContext(items: readonly ContextItem[] = []): Context {
  const all: ContextItem[] = [];
  let label: Label | null = null;
  let declared: Label | null = null;
  const detected = new Set<Classification>();
  let bytes = 0;

  function add(item: ContextItem): void {
    all.push(item);
    for (const part of parts(item)) {
      declared = declared === null ? part.label : joinLabels([declared, part.label]);
      const classes = part.detected.length === 0 ? part.label.classes : [...part.label.classes, ...part.detected];
      const full = { ...part.label, classes };
      label = label === null ? joinLabels([full]) : joinLabels([label, full]);
      for (const name of part.detected) detected.add(name);
    }
    bytes += sizeOf(item);
  }
  function rewrite(rewritten: readonly ContextItem[]): void {
    all.splice(0, all.length, ...rewritten);
    bytes = all.reduce((sum, item) => sum + sizeOf(item), 0);
  }
  for (const item of items) add(item);
  return {
    items: all,
    add,
    rewrite,
    label: () => label ?? USER_LABEL,
    declared: () => declared?.classes ?? USER_LABEL.classes,
    detected: () => [...detected],
    bytes: () => bytes,
  };
}

function sizeOf(item: ContextItem): number {
  const texts = parts(item).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const calls = item.kind === "prompt" ? [] : item.calls;
  return calls.reduce((sum, { args }) => sum + Buffer.byteLength(JSON.stringify(args) ?? ""), texts);
}

function parts(item: ContextItem): readonly LabelledText[] {
  if (item.kind === "prompt") return [{ text: item.text, label: USER_LABEL, detected: [] }, ...item.data];
  return [{ text: item.text, label: item.label, detected: [] }, ...item.calls.map(({ result }) => result)];
}

/**
 * Writes the context as messages of a model request; untrusted text stands in its envelope.
 *
 * @param context What happened so far.
 * @param envelope Wraps untrusted text.
 * @param rewrite Masks each text once more as policy obliges for this request.
 * @returns The messages without the system prompt.
 */
export async function toMessages(
  context: Context,
  envelope: Envelope,
  rewrite: (text: string) => Promise<string>,
): Promise<readonly ModelMessage[]> {
  const messages: ModelMessage[] = [];
  for (const item of context.items) {
    if (item.kind === "prompt") {
      const data: string[] = [];
      for (const part of item.data) data.push(envelope.wrap(await rewrite(part.text), part.label));
      messages.push({ role: "user", texts: [await rewrite(item.text), ...data] });
      continue;
    }
    const calls: ModelCall[] = [];
    // What the model wrote may quote what this request must not hold.
    for (const { id, tool, args } of item.calls) {
      calls.push({ id, tool: await rewrite(tool), args: await rewriteJson(args, rewrite) });
    }
    messages.push({ role: "assistant", text: await rewrite(item.text), calls });
    if (item.calls.length === 0) continue;
    const results: Extract<ModelMessage, { role: "tool" }>["results"][number][] = [];
    for (const { id, tool, status, result } of item.calls) {
      const plain = await rewrite(result.text);
      results.push({ id, tool: await rewrite(tool), status, plain, text: envelope.wrap(plain, result.label) });
    }
    messages.push({ role: "tool", results });
  }
  return messages;
}
