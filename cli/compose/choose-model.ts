import { type Http, openModel, type Session } from "../../session/mod.ts";
import { modelChoice } from "../config/model-choice.ts";
import { type Config, withModel } from "../config/load-config.ts";
import { CliError } from "../errors.ts";
import { type OpenSecrets, refuseBlindly } from "./secrets.ts";
import type { ModelInUse, SessionRequest } from "./session-request.ts";

/** Where the model of a session may come from. */
export interface ModelSources {
  readonly config: Config;
  readonly request: Pick<SessionRequest, "model">;
  readonly places: Parameters<typeof modelChoice>[2];
  readonly http: Http;
}

/**
 * Lets a session go on with another configured model.
 *
 * @param sources Where models come from.
 * @param of The session, its secrets, and the name `PROVIDER/NAME` or `builtin`.
 * @returns The model in use from now on.
 * @throws {CliError} `CONFIG_INVALID`, `VAULT_BLIND`, `MODEL_DENIED`; then the model is the one it was.
 */
export async function changeModelOf(
  sources: ModelSources,
  of: { readonly session: Session; readonly secrets: OpenSecrets; readonly name: string },
): Promise<ModelInUse> {
  const { config, request, places, http } = sources;
  const wanted = withModel(config, of.name);
  // `--script` named the turns of the first model; another has no use for them.
  const script = playsScript(wanted) ? request.model?.script : undefined;
  const choice = modelChoice(wanted, script, places);
  refuseBlindly(of.secrets, choice);
  const model = await openModel(choice, { http });
  const refusal = await of.session.changeModel(model);
  if (refusal !== null) throw new CliError("MODEL_DENIED", refusal.message, { hint: refusal.hint ?? undefined });
  return { provider: model.provider, name: model.name, locality: model.locality };
}

function playsScript({ provider, providers }: Config): boolean {
  return provider === "script" || (Object.hasOwn(providers, provider) && providers[provider]?.kind === "script");
}
