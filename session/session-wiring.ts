import type { MaskedText } from "../core/mod.ts";
import type { ContextBudget } from "./budget.ts";
import type { Context, ContextItem } from "./context.ts";
import type { GateDeps } from "./deps.ts";
import type { Envelope } from "./envelope.ts";
import type { SessionGenerated } from "./generate/session-generated.ts";
import type { SessionLimits } from "./limits.ts";
import type { SessionInput } from "./prompt.ts";
import type { ModelIo, OpenModel } from "./providers/model.ts";
import type { QuoteTable } from "./quotes.ts";
import type { SessionSkills } from "./skills/session-skills.ts";
import type { PromptFacts } from "./system-prompt.ts";

/** Everything a session is made of. */
export interface SessionWiring {
  readonly gate: GateDeps;
  readonly model: OpenModel;
  readonly modelPorts: Pick<ModelIo, "timers" | "random" | "now">;
  readonly limits: SessionLimits;
  readonly context: Context;
  readonly budget: ContextBudget;
  readonly quotes: QuoteTable;
  readonly envelope: Envelope;
  /** The fixed instructions, for the mode and tools of a request. */
  readonly systemPrompt: (facts: Pick<PromptFacts, "mode" | "tools">) => string;
  /** What it may load and has loaded; `null` where there are none. */
  readonly skills: SessionSkills | null;
  /** The tools that it may generate and call; `null` where there are none. */
  readonly generated: SessionGenerated | null;
  /** Texts that go along with the first prompt. */
  readonly instructions: SessionInput["data"];
  /** Masked forms of the texts of the last request, so that a long context is scanned once. */
  readonly maskedTexts: Map<string, MaskedText>;
  /** Takes each finished step for the transcript; `null` where none is kept. */
  readonly store: ((item: ContextItem) => Promise<void>) | null;
  /** Takes the whole conversation after it was summed up, for the transcript. */
  readonly rewrite: ((items: readonly ContextItem[]) => void) | null;
}
