import type { AtomicAction, Place, SecretTarget } from "../core/mod.ts";

/**
 * Says where a secret would go, as its bindings name places: what the call's other actions tell of the destination
 * (scheme, method, provider) belongs to it.
 *
 * @param target The use of the handle.
 * @param actions All atomic actions of the call.
 * @param tool The tool that asks.
 * @returns The place; `origin` is `null` when the value does not go to a host.
 */
export function secretPlace(target: SecretTarget, actions: readonly AtomicAction[], tool: string): Place {
  const base = {
    slot: target.inject,
    tool,
    skill: actions.find(({ skill }) => skill !== null)?.skill?.id ?? null,
    command: target.program,
  };
  if (target.host === null || target.port === null) return { ...base, origin: null, method: null, provider: null };
  const { host, port } = target;
  for (const { target: other } of actions) {
    if (other.kind === "network" && other.host === host && other.port === port) {
      return { ...base, origin: { scheme: other.scheme, host, port }, method: other.method, provider: null };
    }
    if (other.kind === "model" && other.host === host && other.port === port) {
      // A remote model without TLS is refused before it gets here; a local one may be plain.
      const scheme = other.remote ? "https" : "http";
      return { ...base, origin: { scheme, host, port }, method: "POST", provider: other.provider };
    }
  }
  // Nothing says how the host would be reached: as if without TLS, so that it only fits where that is allowed.
  return { ...base, origin: { scheme: "http", host, port }, method: null, provider: null };
}
