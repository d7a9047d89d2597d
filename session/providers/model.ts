import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { AgentZeroError, Digest, IsolationTier, Permit, PermitSpender, Random, Timers } from "../../core/mod.ts";
import type { Credential, OutgoingRequest } from "../http.ts";
import type { ScriptTurn } from "./parse-script.ts";

/** Which model to talk to, from flags and configuration. */
export type ModelChoice =
  | { readonly kind: "builtin" }
  | {
    readonly kind: "script";
    /** Absolute path of a script file, or its turns. */
    readonly script: string | readonly ScriptTurn[];
    /** The turn to go on with when a session is resumed. */
    readonly next?: number;
  }
  | RemoteChoice;

/** A model that is reached over HTTP, on this machine or elsewhere. */
export interface RemoteChoice {
  /** Wire format. */
  readonly kind: "openai-compatible" | "anthropic";
  /** Name of the provider in the configuration, e.g. `ollama`. */
  readonly id: string;
  /** Base URL, e.g. `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  /** Id of the model, as the provider knows it. */
  readonly model: string;
  /** Handle of the key, or `null`. */
  readonly key?: string | null;
  /** Context size in tokens from the configuration, or `null`. */
  readonly context?: number | null;
}

/** Where a model runs: inside this process, on this machine, elsewhere. */
export type Locality = "builtin" | "local" | "remote";

/** A model that is ready to be asked; nothing was sent or connected yet. */
export interface OpenModel {
  /** Name of the provider in the configuration. */
  readonly provider: string;
  /** Id of the model. */
  readonly name: string;
  /** Where it runs. */
  readonly locality: Locality;
  /** `host:port`, for messages. */
  readonly where: string;
  /** Its network side, for policy. */
  readonly target: ModelEndpoint;
  /** Tokens, or `null` when neither configuration nor provider says. */
  readonly contextSize: number | null;
  /** The key it needs, for policy: a handle and the slot it goes to; `null` without one. */
  readonly key: { readonly handle: string; readonly inject: string } | null;
  /** The next turn of a script, for resuming; `null` for other models. */
  position(): number | null;
  /** Gives the model for one attempt; loads the AI SDK package on first use. */
  connect(attempt: ModelAttempt, io: ModelIo): Promise<LanguageModelV4>;
  /**
   * Asks the server for the model's context size, through an attempt that was admitted.
   *
   * @returns Tokens, or `null` when it does not say. Never rejects.
   */
  reportedContext(attempt: ModelAttempt, io: ModelIo): Promise<number | null>;
}

/** The network side of a model, as `model_call` names it. */
export interface ModelEndpoint {
  /** `null` in this process. */
  readonly scheme: "http" | "https" | null;
  /** `null` in this process. */
  readonly host: string | null;
  /** `null` in this process. */
  readonly port: number | null;
  /** `false` only for models in this process and loopback endpoints. */
  readonly remote: boolean;
}

/** One message of the conversation, masked and wrapped already. */
export type ModelMessage =
  | { readonly role: "system"; readonly text: string }
  /** The person's own words first, then labelled data. */
  | { readonly role: "user"; readonly texts: readonly string[] }
  | { readonly role: "assistant"; readonly text: string; readonly calls: readonly ModelCall[] }
  | { readonly role: "tool"; readonly results: readonly ModelResult[] };

/** A call as the model made it. */
export interface ModelCall {
  /** Id that ties call and result together. */
  readonly id: string;
  /** Name of the tool. */
  readonly tool: string;
  /** Decoded arguments; anything but an object is sent as `{}`. */
  readonly args: unknown;
}

/** What became of a call. */
export interface ModelResult {
  /** Id of the call. */
  readonly id: string;
  /** Name of the tool. */
  readonly tool: string;
  /** How it ended. */
  readonly status: "ok" | "error" | "denied";
  /** For a model: inside its envelope. */
  readonly text: string;
  /** The same without the envelope, for models inside this process. */
  readonly plain: string;
}

/** A tool as models see it. */
export interface ModelTool {
  /** Id of the model. */
  readonly name: string;
  /** What it does, for the model. */
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** Everything one model call sends. */
export interface ModelRequest {
  /** The conversation, oldest first. */
  readonly messages: readonly ModelMessage[];
  /** Tools on offer. */
  readonly tools: readonly ModelTool[];
  /** Upper bound of the reply in tokens, or `null` for the provider's own. */
  readonly maxOutputTokens: number | null;
}

/** A piece of a reply. Calls come only once the reply has ended as it should. */
export type ModelPart =
  | { readonly kind: "text"; readonly delta: string }
  | { readonly kind: "thought"; readonly delta: string }
  /** `id` is unique in the reply and safe to send back; `argsText` is JSON, not parsed yet. */
  | { readonly kind: "call"; readonly id: string; readonly tool: string; readonly argsText: string }
  | { readonly kind: "finish"; readonly reason: FinishReason; readonly usage: ModelUsage };

/** Why a reply ended. */
export type FinishReason = "stop" | "calls" | "length" | "refused";

/** Tokens as the provider counts them; `null` where it does not say. */
export interface ModelUsage {
  /** Tokens sent. */
  readonly input: number | null;
  /** Tokens received. */
  readonly output: number | null;
}

/** One try at a model call, decided and recorded by the gate. */
export interface ModelAttempt {
  /** Minted for the digest that {@link ModelIo.attempt} got; spent before anything is sent. */
  readonly permit: Permit;
  /** Tier of the permit. */
  readonly tier: IsolationTier;
  /** Spends the permit. */
  readonly permits: PermitSpender;
  /** Decides the request by name, then again with its addresses; rejects to refuse. */
  admit(request: OutgoingRequest): Promise<void>;
  /** The key to send along, or `null`; called once the connection stands. */
  credential(): Promise<Credential | null>;
  /** Takes the outcome for the record; called exactly once. */
  end(outcome: AttemptOutcome): Promise<void>;
}

/** How an attempt ended. */
export interface AttemptOutcome {
  /** Why it failed, or `null`. */
  readonly error: AgentZeroError | null;
  /** Tokens, as far as they are known. */
  readonly usage: ModelUsage;
  /** Bytes of text, thoughts and arguments that came back. */
  readonly bytes: number;
  /** A further attempt follows. */
  readonly retried: boolean;
}

/** Bounds of a model's stream. */
export interface StreamLimits {
  /** From sending to the first byte, in ms. */
  readonly firstByteMs: number;
  /** Between two pieces, in ms. */
  readonly silenceMs: number;
  /** Bytes of one line of the stream. */
  readonly maxLineBytes: number;
  /** Text, thoughts and arguments of one reply, in bytes. */
  readonly maxReplyBytes: number;
}

/** Who decides, who measures, who can stop it. */
export interface ModelIo {
  /** Cancels the call. */
  readonly signal: AbortSignal;
  /** Deadlines and pauses. */
  readonly timers: Timers;
  /** Jitter of the pauses. */
  readonly random: Random;
  /** Wall time in ms, for a server's `Retry-After` date. */
  readonly now: () => number;
  /** Bounds instead of the usual ones. */
  readonly limits?: Partial<StreamLimits>;
  /**
   * Takes one attempt through the gate. Rejects when it may not be made.
   *
   * @param number 0 for the first, then 1 and 2.
   * @param digest Digest of the request, for the permit and the record.
   */
  attempt(number: number, digest: Digest): Promise<ModelAttempt>;
}
