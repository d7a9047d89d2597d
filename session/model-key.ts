import type { AtomicAction, Permit, Place } from "../core/mod.ts";
import type { GateDeps } from "./deps.ts";
import { SessionError } from "./errors.ts";
import type { Credential } from "./http.ts";
import type { OpenModel } from "./providers/model.ts";
import { secretPlace } from "./secret-place.ts";

/**
 * Names the use of a provider's key as policy sees it.
 *
 * @param model The open model.
 * @returns The action, or `null` when the model needs no key.
 */
export function modelKeyAction(model: OpenModel): AtomicAction | null {
  if (model.key === null) return null;
  return {
    capability: "secret_handle_usage",
    target: {
      kind: "secret",
      handle: model.key.handle,
      inject: model.key.inject,
      host: model.target.host,
      port: model.target.port,
      program: null,
    },
    classes: ["secret"],
    tier: "host-supervised",
    // The person's configuration names the handle; no text in the context can.
    tainted: false,
    skill: null,
  };
}

/**
 * Gives the key of a model at the last moment, once its connection stands.
 *
 * @param deps The gate's wiring.
 * @param model The open model.
 * @param permit The spent permit of the attempt.
 * @returns The credential, or `null` when the model needs no key.
 */
export async function credentialFor(deps: GateDeps, model: OpenModel, permit: Permit): Promise<Credential | null> {
  const { key } = model;
  const action = modelKeyAction(model);
  if (key === null || action?.target.kind !== "secret") return null;
  const { scheme, host, port } = model.target;
  const place: Place = {
    ...secretPlace(action.target, [], "model"),
    origin: scheme === null || host === null || port === null ? null : { scheme, host, port },
    method: "POST",
    provider: model.provider,
  };
  const found = await deps.findBinding(key.handle, place);
  if (!found.ok) {
    throw new SessionError("SECRET_PLACE", found.failure.message, { hint: found.failure.hint ?? undefined });
  }
  return { inject: key.inject, format: found.format, reveal: () => deps.secrets.reveal(permit, key.handle) };
}
