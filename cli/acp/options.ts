import type { SessionConfigOption, SessionModeState } from "@agentclientprotocol/sdk";
import type { Config } from "../config/load-config.ts";

/** How a session is used: `ask` is what the person configured, `read-only` can only be stricter. */
export type AcpMode = "ask" | "read-only";

/** What a client can choose, and what is chosen. */
export interface OptionState {
  readonly mode: AcpMode;
  /** The loosest mode that the person's configuration allows. */
  readonly loosest: AcpMode;
  readonly model: string;
  /** Configured models, the present one among them. */
  readonly models: readonly string[];
}

const MODES = {
  ask: { id: "ask", name: "Ask", description: "Policy decides; what it leaves open is asked" },
  "read-only": { id: "read-only", name: "Read only", description: "Nothing is changed, run or sent" },
} as const;

/** Modes on offer: a client may only tighten. */
export function modesOn(state: Pick<OptionState, "loosest">): readonly AcpMode[] {
  return state.loosest === "ask" ? ["ask", "read-only"] : ["read-only"];
}

/**
 * Says which modes there are, as the protocol's older form of the option `mode`.
 *
 * @param state What is chosen.
 * @returns The modes.
 */
export function modeState(state: OptionState): SessionModeState {
  return { currentModeId: state.mode, availableModes: modesOn(state).map((mode) => ({ ...MODES[mode] })) };
}

/**
 * Says what can be chosen: mode and model. All of it is a choice among what the person configured.
 *
 * @param state What is chosen.
 * @returns The whole list.
 */
export function configOptions(state: OptionState): SessionConfigOption[] {
  return [
    {
      id: "mode",
      name: "Mode",
      category: "mode",
      type: "select",
      currentValue: state.mode,
      options: modesOn(state).map((mode) => ({ value: mode, name: MODES[mode].name })),
    },
    {
      id: "model",
      name: "Model",
      category: "model",
      type: "select",
      currentValue: state.model,
      options: state.models.map((model) => ({ value: model, name: model })),
    },
  ];
}

/**
 * Names the present model as an option.
 *
 * @param config What counts.
 * @returns `PROVIDER/NAME`, or the provider alone.
 */
export function modelOf(config: Pick<Config, "provider" | "model">): string {
  return config.model === null ? config.provider : `${config.provider}/${config.model}`;
}

/**
 * Lists the models that a person configured: those with facts of their own, those that a provider plays by itself, the
 * built-in one, and the present one.
 *
 * @param config What counts.
 * @returns Names, the present one first.
 */
export function configuredModels(config: Pick<Config, "provider" | "model" | "models" | "user">): readonly string[] {
  const scripts = Object.entries(config.user.providers ?? {}).filter(([, entry]) => entry.kind === "script")
    .map(([name]) => name);
  const own = config.user.model === undefined ? [] : [config.user.model];
  return [...new Set([modelOf(config), ...own, ...Object.keys(config.models), ...scripts, "builtin"])];
}
