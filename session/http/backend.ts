import type { Clock, Outcome, Permit, Probe, Timers } from "../../core/mod.ts";
import type { Http } from "../http.ts";
import type { HttpIo, HttpSpec, HttpValue } from "./spec.ts";

/** The tier of `fetch`: requests by host code, each decided by name and by address. */
export interface HttpBackend {
  /** Runs in this process, by code of ours. */
  readonly tier: "host-supervised";
  /** Name in reports. */
  readonly name: string;
  /** Always ready: it needs nothing but the runtime. */
  probe(): Promise<Probe>;
  /** Sends the request of a spent permit; never throws. */
  run(permit: Permit, spec: HttpSpec, io: HttpIo): Promise<Outcome<HttpValue>>;
}

/** What the tier is made of. */
export interface HttpBackendDeps {
  /** The network adapter. */
  readonly http: Http;
  /** For durations. */
  readonly clock: Clock;
  /** For the deadline. */
  readonly timers: Timers;
}

/**
 * Creates the tier.
 *
 * @param deps Network adapter, clock, timers.
 * @returns A backend that never throws; `started: false` means that nothing was sent.
 */
export function createHttpBackend(deps: HttpBackendDeps): HttpBackend {
  return {
    tier: "host-supervised",
    name: "http",
    probe: () => Promise.resolve({ ok: true, facts: { network: "direct" } }),
    // Most sessions fetch nothing: what sends is loaded by the first run.
    run: async (permit, spec, io) => (await import("./run-request.ts")).runRequest(deps, { permit, spec, io }),
  };
}
