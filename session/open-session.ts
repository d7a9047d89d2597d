import type { Approver, MaskedText, Random } from "../core/mod.ts";
import { createQuestionDesk } from "./approve.ts";
import { createBudget } from "./budget.ts";
import { type ContextItem, createContext } from "./context.ts";
import type { GateDeps, GateParts } from "./deps.ts";
import type { GeneratedSetup } from "./generate/session-generated.ts";
import { createEnvelope } from "./envelope.ts";
import { createHiddenPaths } from "./hidden-paths.ts";
import type { SessionLimits } from "./limits.ts";
import type { OpenModel } from "./providers/model.ts";
import { createQuotes } from "./quotes.ts";
import type { SessionInput } from "./prompt.ts";
import { Session } from "./session.ts";
import { createDynamicTools } from "./skills/dynamic-tools.ts";
import type { SkillsSetup } from "./skills/session-skills.ts";
import { systemPrompt } from "./system-prompt.ts";
import { BUILTIN_TOOLS, type ToolEntry } from "./tools/registry.ts";

/** What a session is opened with; the composition root makes it. */
export interface SessionOptions {
  /** What the gate is wired to. */
  readonly gate: GateParts;
  /** Where people are asked. */
  readonly approver: Approver;
  /** Answers the prompts. */
  readonly model: OpenModel;
  /** What one prompt may use. */
  readonly limits: SessionLimits;
  /** Makes the token of the envelope and the jitter between attempts. */
  readonly random: Random;
  /** `read-only` offers only tools that read; policy holds it too. */
  readonly mode: "ask" | "read-only";
  /** Version of this program, for the first event. */
  readonly version: string;
  /** The conversation so far, of a resumed session. */
  readonly resumed?: { readonly items: readonly ContextItem[]; readonly quotes: readonly string[] };
  /** Instructions that the person vouched for; they go along with the first prompt and feed no quotes. */
  readonly instructions?: SessionInput["data"];
  /** The skills that it may load, by `setUpSkills()`. */
  readonly skills?: SkillsSetup;
  /** The tools that it may generate and call, by `setUpGenerated()`. */
  readonly generated?: GeneratedSetup;
  /** Keeps each finished step, masked; the next one waits for it. */
  readonly store?: (item: ContextItem) => Promise<void>;
  /** Keeps the whole conversation after it was summed up, masked. */
  readonly rewrite?: (items: readonly ContextItem[]) => void;
}

/**
 * Opens a session: wires the gate to the tools and emits `init`.
 *
 * @param options The parts.
 * @returns The session; close it, so that its record is complete.
 */
export function openSession(options: SessionOptions): Session {
  let opened: Session | null = null;
  const skills = options.skills?.(() => dynamic) ?? null;
  const fixed = offeredTools(options.mode);
  // A session that only reads neither makes tools nor runs them.
  const generated = options.mode === "read-only" ? null : options.generated?.(() => gate) ?? null;
  const withSkills = skills?.tools(fixed) ?? fixed;
  const dynamic = createDynamicTools(generated?.tools(withSkills) ?? withSkills, options.mode === "read-only");
  const { tools } = dynamic;
  const { project, policy, clock } = options.gate;
  const gate: GateDeps = {
    ...options.gate,
    plan: {
      ...options.gate.plan,
      hidden: createHiddenPaths({ project, policy, clock, model: options.model }),
    },
    emit: guardedSink(options.gate.emit, () => opened?.cancel()),
    tools,
    dynamic,
    version: options.version,
    questions: createQuestionDesk(options.approver, options.gate),
  };
  const quotes = createQuotes();
  for (const text of options.resumed?.quotes ?? []) quotes.learn(text);
  const envelope = createEnvelope(options.random);
  // Threat: a model that repeats the token lets a file learn it. It is masked like a secret wherever it shows up.
  gate.redactor.add({ bytes: new TextEncoder().encode(envelope.token), handle: null, class: "secret" });
  const { model, limits } = options;
  const listed = skills?.listing() ?? null;
  const context = createContext(options.resumed?.items);
  if (options.gate.front !== "call") {
    generated?.beginTurn();
    dynamic.nextRound();
  }
  gate.emit({
    type: "init",
    version: options.version,
    cwd: gate.project,
    provider: model.provider,
    model: model.name,
    locality: model.locality,
    mode: options.mode,
    policy: {
      digest: gate.policy.generation.digest,
      layers: gate.policy.generation.layers.filter(({ sha256 }) => sha256 !== null).map(({ layer }) => layer),
    },
    tools: [...tools.keys()],
    limits: { turns: limits.turns, tokens: limits.tokens, wall_ms: limits.wallMs, output_bytes: limits.outputBytes },
  });
  const date = new Date(gate.clock.now()).toISOString().slice(0, 10);
  opened = new Session({
    gate,
    model,
    limits,
    quotes,
    envelope,
    modelPorts: { timers: gate.timers, random: options.random, now: () => gate.clock.now() },
    context,
    budget: createBudget(model, context),
    systemPrompt: (facts) => systemPrompt({ ...facts, date, skills: skills?.own ?? [] }),
    maskedTexts: new Map<string, MaskedText>(),
    instructions: [...options.instructions ?? [], ...listed === null ? [] : [listed]],
    skills,
    generated,
    store: options.store ?? null,
    rewrite: options.rewrite ?? null,
  });
  return opened;
}

// Threat: a front door whose window is gone throws in the middle of a call, between an effect and its record.
function guardedSink(emit: GateDeps["emit"], cancel: () => void): GateDeps["emit"] {
  return (event) => {
    try {
      emit(event);
    } catch {
      // Nobody watches any more: the prompt under way ends.
      cancel();
    }
  };
}

function offeredTools(mode: "ask" | "read-only"): ReadonlyMap<string, ToolEntry> {
  if (mode === "ask") return BUILTIN_TOOLS;
  return new Map([...BUILTIN_TOOLS].filter(([, tool]) => tool.readOnly));
}
