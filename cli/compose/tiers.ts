import {
  createBubblewrap,
  createHostFiles,
  createHostFolders,
  createHostWriter,
  hostNetwork,
  type SandboxDeps,
} from "../../sandbox/mod.ts";
import { createHttpBackend, type GateParts, type Http } from "../../session/mod.ts";
import { limitOf } from "../config/limits.ts";
import type { Config } from "../config/load-config.ts";
import type { CommandContext } from "../context.ts";
import type { Closer } from "./closer.ts";
import type { Installation } from "./installation.ts";
import { runsComponents, type SessionRequest } from "./session-request.ts";

/** What the tiers of a session are made of. */
export interface TierParts {
  readonly installation: Installation;
  readonly config: Config;
  readonly http: Http;
  readonly closer: Closer;
  readonly request: Pick<SessionRequest, "front" | "skills" | "generated">;
}

/**
 * Creates every tier of a session. Nothing runs yet; what is heavy is loaded by the first run.
 *
 * @param context The command's context.
 * @param parts Installation, configuration, network.
 * @returns The tiers; what must end with the session does.
 */
export async function createTiers(context: CommandContext, parts: TierParts): Promise<GateParts["tiers"]> {
  const { clock, timers, random } = context.system;
  const { installation, config, http, closer } = parts;
  const sandbox: SandboxDeps = { clock, timers, random, facts: installation.facts.host };
  const wasm = runsComponents(parts.request)
    ? (await import("./wasm-tier.ts")).createWasmTier(sandbox, installation)
    : null;
  if (wasm !== null) closer.also(() => void wasm.close());
  const processes = createBubblewrap(sandbox, {
    running: limitOf(config, "running").value,
    seccomp: config.user.sandbox?.seccomp ?? "auto",
    network: hostNetwork(),
  });
  // Threat: what a stopped command wrote stays on the disk. Its removal makes no answer wait, but the process does.
  const forget = context.onExit(() => processes.idle());
  closer.also(() => {
    processes.close();
    void processes.idle().finally(forget);
  });
  return {
    files: createHostFiles(sandbox),
    writer: createHostWriter(sandbox),
    folders: createHostFolders(sandbox),
    process: processes,
    http: createHttpBackend({ http, clock, timers }),
    ...(wasm === null ? {} : { wasm }),
  };
}
