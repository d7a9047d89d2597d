import type { NetworkTarget, SecretTarget } from "../../core/mod.ts";
import type { HttpTarget } from "./target.ts";

/**
 * Names the place of a request as policy decides it first: by name. It is decided again with the addresses of the name.
 *
 * @param target Where it leads.
 * @param method In upper case.
 * @returns The target of `network_request`.
 */
export function networkTarget({ url, scheme, host, port }: HttpTarget, method: string): NetworkTarget {
  return { kind: "network", url: url.href, scheme, host, port, method, addresses: null };
}

/**
 * Names the use of a secret in a request.
 *
 * @param target Where the request leads.
 * @param secret Handle, and the slot that its value is put into.
 * @returns The target of `secret_handle_usage`.
 */
export function requestSecret(
  { host, port }: HttpTarget,
  { handle, inject }: { readonly handle: string; readonly inject: string },
): SecretTarget {
  return { kind: "secret", handle, inject, host, port, program: null };
}
