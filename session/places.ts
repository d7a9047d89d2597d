import type { BoundPlace, GateDeps } from "./deps.ts";

/**
 * Looks up where the handles of a call with hosts are bound, so that its plan can name the places.
 *
 * @param deps The gate's wiring.
 * @param args Arguments of the call, not yet decoded.
 * @returns Header places by handle; empty for calls that have no hosts or no secrets.
 */
export async function placesOf(
  deps: Pick<GateDeps, "bindingsOf">,
  args: unknown,
): Promise<ReadonlyMap<string, readonly BoundPlace[]>> {
  const places = new Map<string, readonly BoundPlace[]>();
  if (typeof args !== "object" || args === null || !("hosts" in args) || !("secrets" in args)) return places;
  const { secrets } = args;
  if (deps.bindingsOf === undefined || typeof secrets !== "object" || secrets === null) return places;
  for (const handle of new Set(Object.values(secrets).slice(0, MAX_HANDLES))) {
    if (typeof handle !== "string") continue;
    // oxlint-disable-next-line no-await-in-loop -- few, and a vault is opened once
    places.set(handle, await deps.bindingsOf(handle));
  }
  return places;
}

const MAX_HANDLES = 64;
