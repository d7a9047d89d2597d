import type { AtomicAction, Permit } from "../core/mod.ts";
import type { GateDeps } from "./deps.ts";
import type { Credential } from "./http.ts";
import type { OpenModel } from "./providers/model.ts";

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
export function credentialFor(deps: GateDeps, model: OpenModel, permit: Permit): Promise<Credential | null> {
  const { key } = model;
  if (key === null) return Promise.resolve(null);
  return Promise.resolve({
    inject: key.inject,
    format: deps.slotFormat(key.handle, { inject: key.inject, host: model.target.host, port: model.target.port }),
    reveal: () => deps.secrets.reveal(permit, key.handle),
  });
}
