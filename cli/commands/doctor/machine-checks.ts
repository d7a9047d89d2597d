import { join } from "node:path";
import type { Probe } from "../../../core/mod.ts";
import {
  createBubblewrap,
  createHostFiles,
  probeProtections,
  type Protection,
  type SandboxDeps,
} from "../../../sandbox/mod.ts";
import { createHttp, detectLocal } from "../../../session/mod.ts";
import { processFacts } from "../../compose/host-facts.ts";
import type { Config } from "../../config/load-config.ts";
import type { CommandContext } from "../../context.ts";
import { type Check, fail, ok, warn } from "./check.ts";

/** Runs the real canary of each tier. */
export async function checkTiers(
  context: CommandContext,
  home: string,
  config: Config | null,
): Promise<{ readonly checks: readonly Check[]; readonly protections: readonly Protection[] }> {
  const { clock, timers, random } = context.system;
  const { host } = processFacts({ userHome: context.userHome, home });
  const deps: SandboxDeps = { clock, timers, random, facts: host };
  const settings = { seccomp: config?.user.sandbox?.seccomp ?? "auto" };
  const [files, shell, protections] = await Promise.all([
    createHostFiles(deps).probe(),
    createBubblewrap(deps, settings).probe(),
    probeProtections(deps, settings),
  ]);
  return { checks: [probed("files", files), probed("shell", shell)], protections };
}

function probed(name: string, probe: Probe): Check {
  if (!probe.ok) return fail(name, probe.reason, probe.fix);
  const facts = Object.entries(probe.facts).map(([key, value]) => `${key} ${value}`).join(", ");
  return ok(name, facts === "" ? "works" : facts);
}

/** Smallest component-free module: the header of WebAssembly. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Looks whether WebAssembly runs and the transpiler is installed. */
export function checkWasm(): Check {
  const wasm: unknown = Reflect.get(globalThis, "WebAssembly");
  const works = typeof wasm === "object" && wasm !== null && "validate" in wasm &&
    typeof wasm.validate === "function" &&
    wasm.validate(EMPTY_MODULE) === true;
  if (!works) return fail("wasm", "this runtime runs no WebAssembly", "start it without --jitless");
  try {
    import.meta.resolve("@bytecodealliance/jco-transpile/component");
    return ok("wasm", "runs, transpiler installed");
  } catch {
    return fail("wasm", "the transpiler is not installed", "npm install");
  }
}

/** Looks for model servers on this machine; says which model is used now. */
export async function checkModels(context: CommandContext, config: Config | null): Promise<Check> {
  const http = createHttp({ timers: context.system.timers });
  const servers = await detectLocal({ http, timers: context.system.timers, signal: context.signal });
  const seen = servers.flatMap(({ id, models }) => models.slice(0, 5).map((model) => `${id}/${model}`));
  const used = config === null || config.provider === "builtin" ? null : `${config.provider}/${config.model ?? ""}`;
  if (used !== null) {
    return ok("models", `configured: ${used}${seen.length === 0 ? "" : `; on this machine: ${seen.join(" ")}`}`);
  }
  const [first] = seen;
  if (first !== undefined) {
    return warn(
      "models",
      `on this machine: ${seen.join(" ")}; none configured`,
      `add to ${join(context.home, "config.yml")}: model: ${first}`,
    );
  }
  return warn(
    "models",
    "none: the built-in shell answers, without a language model",
    "ollama pull llama3.2, then `agentzero doctor`",
  );
}
