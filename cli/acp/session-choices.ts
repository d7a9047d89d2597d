import type { RequestError, SessionUpdate } from "@agentclientprotocol/sdk";
import type { TranscriptRecord } from "../../session/mod.ts";
import type { ComposedSession } from "../compose.ts";
import { ACP_CODE, acpError, type ErrorData } from "./acp-error.ts";
import { type AcpMode, configOptions, configuredModels, modelOf, modesOn, type OptionState } from "./options.ts";

/** Kept with the conversation when the mode changes. */
const MODE_NOTICE = "MODE";

/** What the choices of a session tell, and how. */
export interface ChoiceWays {
  /** Sends one update to the client. */
  readonly send: (update: SessionUpdate) => void;
  /** Makes the protocol's error of what was thrown. */
  readonly errorFor: (cause: unknown) => RequestError;
}

/** Mode and model of one session. The mode is never looser than what the person configured. */
export class SessionChoices {
  readonly #opened: ComposedSession;
  readonly #ways: ChoiceWays;
  readonly #loosest: AcpMode;
  #mode: AcpMode;
  #model: string;

  constructor(opened: ComposedSession, ways: ChoiceWays) {
    this.#opened = opened;
    this.#ways = ways;
    this.#loosest = opened.config.user.acp?.mode ?? "ask";
    this.#mode = this.#loosest;
    this.#model = modelOf(opened.config);
  }

  /** What can be chosen, and what is. */
  get state(): OptionState {
    return {
      mode: this.#mode,
      loosest: this.#loosest,
      model: this.#model,
      models: [...new Set([this.#model, ...configuredModels(this.#opened.config)])],
    };
  }

  /** Puts the configured mode into force, before anything else happens. */
  begin(): void {
    if (this.#mode === "read-only") this.#opened.policy.setMode("read-only");
  }

  /**
   * Takes up what an earlier run of the conversation chose: a session that goes on is no looser than it was.
   *
   * @param records The conversation as it was kept.
   */
  tightenAgain(records: readonly TranscriptRecord[]): void {
    const last = records.findLast((record) => record.kind === "notice" && record.code === MODE_NOTICE);
    if (last?.kind !== "notice" || last.text !== "read-only") return;
    this.#mode = "read-only";
    this.#opened.policy.setMode("read-only");
  }

  /**
   * Changes the mode.
   *
   * @param mode `ask` or `read-only`.
   * @throws {RequestError} -32602 `MODE_INVALID` for anything that is not on offer.
   */
  setMode(mode: string): void {
    const offered = modesOn(this.state);
    const wanted = offered.find((known) => known === mode);
    if (wanted === undefined) {
      throw acpError(ACP_CODE.params, `Cannot change the mode to "${mode.slice(0, 64)}"`, {
        code: "MODE_INVALID",
        hint: `one of: ${offered.join(", ")}`,
      });
    }
    this.#mode = wanted;
    this.#opened.policy.setMode(wanted);
    this.#opened.note({ kind: "notice", code: MODE_NOTICE, text: wanted });
    this.#tell();
  }

  /**
   * Goes on with another configured model.
   *
   * @param model One of the `models` of {@link SessionChoices.state}.
   * @throws {RequestError} -32602 `MODEL_UNKNOWN` for another; with the code of the failure when the model cannot be
   * used, e.g. `MODEL_DENIED` when policy says no.
   */
  async setModel(model: string): Promise<void> {
    if (!this.state.models.includes(model)) {
      throw acpError(ACP_CODE.params, `Cannot use the model "${model.slice(0, 64)}": it is not configured`, {
        code: "MODEL_UNKNOWN",
        hint: "add it under `models` in your config.yml",
      });
    }
    try {
      await this.#opened.changeModel(model);
    } catch (cause) {
      const known = this.#ways.errorFor(cause);
      throw known.code === ACP_CODE.internal ? acpError(ACP_CODE.params, known.message, dataOf(known.data)) : known;
    }
    this.#model = model;
    this.#tell();
  }

  #tell(): void {
    this.#ways.send({ sessionUpdate: "current_mode_update", currentModeId: this.#mode });
    this.#ways.send({ sessionUpdate: "config_option_update", configOptions: configOptions(this.state) });
  }
}

function dataOf(data: unknown): ErrorData {
  if (typeof data !== "object" || data === null) return { code: "INTERNAL", hint: null };
  const code = "code" in data && typeof data.code === "string" ? data.code : "INTERNAL";
  return { code, hint: "hint" in data && typeof data.hint === "string" ? data.hint : null };
}
