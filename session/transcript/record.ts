import { z } from "zod";
import { type CallId, CLASSIFICATIONS, isId, TRUST_LABELS } from "../../core/mod.ts";
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

const LABEL = z.strictObject({
  trust: z.array(z.enum(TRUST_LABELS)),
  classes: z.array(z.enum(CLASSIFICATIONS)),
  sources: z.array(z.string()),
});
const TEXT = z.strictObject({ text: z.string(), label: LABEL, detected: z.array(z.enum(CLASSIFICATIONS)) });
const CALL = z.strictObject({
  call: z.custom<CallId>((value) => isId("call", value)),
  id: z.string(),
  tool: z.string(),
  args: z.unknown(),
  status: z.enum(["ok", "error", "denied"]),
  result: TEXT,
});
const ITEM = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("prompt"), text: z.string(), data: z.array(TEXT) }),
  z.strictObject({ kind: z.literal("reply"), text: z.string(), label: LABEL, calls: z.array(CALL) }),
]);
const COUNT = z.int().min(0);
const STATE = z.strictObject({ script: COUNT.nullable(), turns: COUNT, input: COUNT, output: COUNT });

const RECORD = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("item"), item: ITEM }),
  z.strictObject({ kind: z.literal("rewrite"), items: z.array(ITEM) }),
  z.strictObject({ kind: z.literal("notice"), code: z.string(), text: z.string() }),
  z.strictObject({ kind: z.literal("state"), state: STATE }),
]);
const HEADER = z.strictObject({
  title: z.string(),
  cwd: z.string(),
  provider: z.string(),
  model: z.string(),
  locality: z.enum(["builtin", "local", "remote"]),
  policy: z.string(),
  mode: z.enum(["ask", "read-only"]),
  version: z.string(),
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
