import { b2 } from "../core/mod.ts";
import type { AnsweredCall, Context, ContextItem } from "./context.ts";
import type { OpenModel } from "./providers/model.ts";
import { shortArgs } from "./short-args.ts";

/** Room for the reply: a quarter of the context, at most this many tokens. */
const MAX_RESERVE_TOKENS = 8192;
const BYTES_PER_TOKEN = 3;
const NOTICE_AT = 0.7;
const PRUNE_AT = 0.85;
const FULL_AT = 0.98;
/** Replies whose results are never cut. */
const KEPT_REPLIES = 2;
/** A text that a stub would hardly shorten stays; so does a stub, whose line tells the size and digest of what it was. */
const MIN_SAVED_BYTES = 64;
/** What a loaded skill says to do is still to be done. */
const SKILL_TOOL = "use_skill";

/** What the budget wants said or done before the next request. */
export type BudgetStep =
  | { readonly kind: "fits" }
  /** Most of the context is used. */
  | { readonly kind: "notice"; readonly used: number; readonly tokens: number }
  /** Old outputs became stubs. */
  | { readonly kind: "pruned"; readonly before: number; readonly after: number }
  /** Nothing more can be left out. */
  | { readonly kind: "full"; readonly used: number; readonly tokens: number };

/** Watches how much of a model's context a conversation takes. */
export interface ContextBudget {
  /** Takes what the provider counted for the request that was just answered. */
  reported(tokens: number): void;
  /** Looks before a request, and shortens the conversation where that helps. */
  look(): BudgetStep;
  /** The most bytes of one result that leave room for others. */
  readonly maxResultBytes: number;
  /** Tokens of the model's context, as far as they are known or assumed. */
  readonly size: number;
  /** `true` once the assumed size begins to matter: then the server is asked for the real one, once. */
  mustAsk(): boolean;
  /** Takes the answer; `null` when the server does not say: the assumption stays. */
  resize(tokens: number | null): void;
  /** What the conversation takes now, in tokens. */
  used(): number;
  /** Forgets what the provider counted: the conversation was rewritten. */
  rewritten(): void;
}

/** What is assumed of a model whose context nobody tells. */
const ASSUMED_TOKENS = 16_384;
/** A reported size outside these bounds is not believed. */
const MIN_TOKENS = 1_024;
const MAX_TOKENS = 16_777_216;

/**
 * Creates the budget of a session. A model that runs in this process has none; one whose context nobody knows is taken
 * for a small one until its server says more.
 *
 * Oldest tool outputs go first, with long texts in their calls' arguments, and leave one line each, with source, size, digest and label; the person's words, replies,
 * texts of loaded skills and the results of the last two replies stay. A stub keeps its label, and the label of the conversation never falls.
 *
 * @param model Whose context it is.
 * @param context The conversation.
 * @returns The budget.
 */
export function createBudget(model: Pick<OpenModel, "contextSize" | "locality">, context: Context): ContextBudget {
  const bounded = model.locality !== "builtin";
  let size = model.contextSize ?? ASSUMED_TOKENS;
  let asked = model.contextSize !== null;
  let known: { readonly tokens: number; readonly bytes: number } | null = null;
  let noticed = false;

  function room(): number {
    return size - Math.min(MAX_RESERVE_TOKENS, Math.floor(size / 4));
  }
  function used(): number {
    const bytes = context.bytes();
    if (known === null) return Math.ceil(bytes / BYTES_PER_TOKEN);
    return known.tokens + Math.ceil(Math.max(0, bytes - known.bytes) / BYTES_PER_TOKEN);
  }
  return {
    get maxResultBytes(): number {
      return bounded ? Math.floor((room() * BYTES_PER_TOKEN) / 2) : Number.MAX_SAFE_INTEGER;
    },
    get size(): number {
      return size;
    },
    used,
    mustAsk: () => bounded && !asked && used() >= NOTICE_AT * room(),
    resize(tokens): void {
      asked = true;
      if (tokens !== null && tokens >= MIN_TOKENS && tokens <= MAX_TOKENS) size = tokens;
    },
    rewritten(): void {
      known = null;
      noticed = false;
    },
    reported(count): void {
      known = { tokens: count, bytes: context.bytes() };
    },
    look(): BudgetStep {
      const tokens = room();
      const before = used();
      if (!bounded) return { kind: "fits" };
      if (before >= PRUNE_AT * tokens) {
        const enough = Math.floor((before - NOTICE_AT * tokens) * BYTES_PER_TOKEN);
        const left = prune(context, enough);
        // What the provider counted no longer holds.
        if (left > 0) {
          known = { tokens: Math.max(0, before - Math.ceil(left / BYTES_PER_TOKEN)), bytes: context.bytes() };
        }
        const after = used();
        if (after > FULL_AT * tokens) return { kind: "full", used: after, tokens };
        return left > 0 ? { kind: "pruned", before, after } : { kind: "fits" };
      }
      if (before < NOTICE_AT * tokens || noticed) return { kind: "fits" };
      noticed = true;
      return { kind: "notice", used: before, tokens };
    },
  };
}

// Leaves out at least `bytes`, oldest first, as far as there is something to leave out.
function prune(context: Context, bytes: number): number {
  let left = 0;
  const replies = context.items.filter(({ kind }) => kind === "reply");
  const kept = new Set<ContextItem>(replies.slice(-KEPT_REPLIES));
  const items = context.items.map((item): ContextItem => {
    if (item.kind !== "reply" || kept.has(item) || left >= bytes) return item;
    return {
      ...item,
      calls: item.calls.map((call) => {
        if (left >= bytes) return call;
        const stub = stubOf(call);
        const args = shortArgs(call.args);
        const saved = Buffer.byteLength(call.result.text) - Buffer.byteLength(stub);
        const savedArgs = args === call.args ? 0 : bytesOf(call.args) - bytesOf(args);
        const isStub = saved >= MIN_SAVED_BYTES && call.tool !== SKILL_TOOL;
        left += (isStub ? saved : 0) + savedArgs;
        return { ...call, args, result: isStub ? { ...call.result, text: stub } : call.result };
      }),
    };
  });
  if (left > 0) context.rewrite(items);
  return left;
}

function bytesOf(args: unknown): number {
  return Buffer.byteLength(JSON.stringify(args) ?? "");
}

function stubOf({ tool, result: { text, label } }: AnsweredCall): string {
  const source = label.sources[0] === undefined ? "" : ` of ${JSON.stringify(label.sources[0].slice(0, 120))}`;
  return `[left out to make room: ${tool}${source}, ${Buffer.byteLength(text)} bytes, ${
    b2(new TextEncoder().encode(text))
  }, ${label.trust.join("+")}, ${label.classes.join("+")}; call it again if you need it]`;
}
