import { type CallId, CLASSIFICATIONS, isId, type Shape, shape, TRUST_LABELS } from "../../core/mod.ts";
import type { ContextItem } from "../context.ts";

/** What a transcript says about its session; sealed like everything else in it. */
export interface TranscriptHeader {
  /** Start of the first prompt, at most 60 characters. */
  readonly title: string;
  /** Real path of the folder the session ran in. */
  readonly cwd: string;
  /** Name of the provider. */
  readonly provider: string;
  /** Id of the model. */
  readonly model: string;
  /** Where the model ran. */
  readonly locality: "builtin" | "local" | "remote";
  /** Digest of the policy generation it began under. */
  readonly policy: string;
  /** Mode it began in. */
  readonly mode: "ask" | "read-only";
  /** Version of the program that began it. */
  readonly version: string;
}

/** Counters that go on where a session stopped. */
export interface TranscriptState {
  /** Next turn of a script; `null` for other models. */
  readonly script: number | null;
  /** Model calls so far. */
  readonly turns: number;
  /** Tokens sent so far. */
  readonly input: number;
  /** Tokens received so far. */
  readonly output: number;
}

/** One entry of a transcript. */
export type TranscriptRecord =
  | { readonly kind: "item"; readonly item: ContextItem }
  /** The context as it stands after pruning or a summary: it takes the place of all items before. */
  | { readonly kind: "rewrite"; readonly items: readonly ContextItem[] }
  | { readonly kind: "notice"; readonly code: string; readonly text: string }
  | { readonly kind: "state"; readonly state: TranscriptState };

/** The most characters of a title. */
export const MAX_TITLE_CHARS = 60;

const { list, object, oneOf, string } = shape;
const CLASSES = list(oneOf(...CLASSIFICATIONS));
const LABEL = object({ trust: list(oneOf(...TRUST_LABELS)), classes: CLASSES, sources: list(string()) });
const TEXT = object({ text: string(), label: LABEL, detected: CLASSES });
const CALL = object({
  call: shape.guarded((value): value is CallId => isId("call", value), "the id of a call"),
  id: string(),
  tool: string(),
  args: shape.anything(),
  status: oneOf("ok", "error", "denied"),
  result: TEXT,
});
const ITEM: Shape<ContextItem> = shape.union<ContextItem>("kind", {
  prompt: object({ kind: oneOf("prompt"), text: string(), data: list(TEXT) }),
  reply: object({ kind: oneOf("reply"), text: string(), label: LABEL, calls: list(CALL) }),
});
const COUNT = shape.integer({ min: 0 });
const STATE = object({ script: shape.nullable(COUNT), turns: COUNT, input: COUNT, output: COUNT });

const RECORD = shape.union<TranscriptRecord>("kind", {
  item: object({ kind: oneOf("item"), item: ITEM }),
  rewrite: object({ kind: oneOf("rewrite"), items: list(ITEM) }),
  notice: object({ kind: oneOf("notice"), code: string(), text: string() }),
  state: object({ kind: oneOf("state"), state: STATE }),
});
const HEADER = object({
  title: string(),
  cwd: string(),
  provider: string(),
  model: string(),
  locality: oneOf("builtin", "local", "remote"),
  policy: string(),
  mode: oneOf("ask", "read-only"),
  version: string(),
});

/**
 * Reads a header from decrypted JSON.
 *
 * @param value Decoded JSON.
 * @returns The header, or `null` when it has another shape.
 */
export function readHeader(value: unknown): TranscriptHeader | null {
  return HEADER.safeParse(value).data ?? null;
}

/**
 * Reads a record from decrypted JSON.
 *
 * @param value Decoded JSON.
 * @returns The record, or `null` when it has another shape.
 */
export function readRecord(value: unknown): TranscriptRecord | null {
  return RECORD.safeParse(value).data ?? null;
}

/**
 * Makes the title of a session from its first prompt.
 *
 * @param prompt What the person typed, masked.
 * @returns One line of at most 60 characters.
 */
export function titleOf(prompt: string): string {
  const line = prompt.replaceAll(/\s+/gu, " ").trim();
  const letters = Array.from(new Intl.Segmenter("en").segment(line.slice(0, 2_000)), ({ segment }) => segment);
  return letters.length > MAX_TITLE_CHARS ? `${letters.slice(0, MAX_TITLE_CHARS - 1).join("")}…` : letters.join("");
}
