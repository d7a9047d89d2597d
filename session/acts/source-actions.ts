import { type AtomicAction, parseHandle } from "../../core/mod.ts";
import type { SourceRequest } from "../../skills/mod.ts";
import type { GateDeps } from "../deps.ts";
import { SessionError } from "../errors.ts";
import { headerOfSlot } from "../http/headers.ts";
import { networkTarget, requestSecret } from "../http/request-targets.ts";
import type { HttpTarget } from "../http/target.ts";

/** A secret that may go to one origin and no other. */
export interface SourceCredential {
  /** `https://name:port`, as a URL writes it. */
  readonly origin: string;
  /** Its handle. */
  readonly handle: string;
  /** The slot its value is put into: `bearer`, `basic:USER` or `header:NAME`. */
  readonly inject: string;
}

/**
 * Chooses the secret that goes along with a request, before anything else happens, so that policy decides it, too.
 *
 * @param credential What the person named, or `null`.
 * @param request The request.
 * @param target Where it leads.
 * @returns The credential where it belongs to that place, or `null`.
 * @throws {SessionError} `SECRET_PLACE` for a login with a credential that has no name of a user.
 */
export function secretFor(
  credential: SourceCredential | null,
  { as }: Pick<SourceRequest, "as">,
  target: HttpTarget,
): SourceCredential | null {
  if (credential === null || as?.kind === "token") return null;
  if (as?.kind !== "login") return credential.origin === target.url.origin ? credential : null;
  if (credential.inject.startsWith("basic:")) return credential;
  throw new SessionError("SECRET_PLACE", `Cannot log in at ${target.host}: it takes a name and a password`, {
    hint: "use --as basic:USER, and bind the secret to that place",
  });
}

/**
 * Makes the action of a request of a source.
 *
 * @param deps Knows the classes of a place.
 * @param target Where it leads.
 * @param method In upper case.
 * @returns The action.
 */
export function networkAction(deps: Pick<GateDeps, "policy">, target: HttpTarget, method: string): AtomicAction {
  const network = networkTarget(target, method);
  return {
    capability: "network_request",
    target: network,
    classes: deps.policy.classify(network),
    tier: "host-supervised",
    // The person named the place on the command line.
    tainted: false,
    skill: null,
  };
}

/**
 * Makes the action of sending a secret along.
 *
 * @param target Where the request leads.
 * @param secret What goes along.
 * @returns The action.
 * @throws {SessionError} `ARGS_INVALID` for a slot that is no header; what {@link parseHandle} throws.
 */
export function secretAction(target: HttpTarget, secret: SourceCredential): AtomicAction {
  if (headerOfSlot(secret.inject) === null) {
    throw new SessionError("ARGS_INVALID", `Cannot send: "${secret.inject.slice(0, 40)}" is no place for a secret`, {
      hint: "use bearer, basic:USER or header:NAME",
    });
  }
  parseHandle(secret.handle);
  return {
    capability: "secret_handle_usage",
    target: requestSecret(target, secret),
    classes: ["secret"],
    tier: "host-supervised",
    tainted: false,
    skill: null,
  };
}
