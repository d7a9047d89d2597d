import { PROCESS_BOUNDS, type ProcessLimits, SANDBOX_BOUNDS, WASM_BOUNDS } from "../../sandbox/mod.ts";
import { type AskedLimit, DEFAULT_LIMITS, type SessionLimits, type ToolLimits } from "../../session/mod.ts";
import type { Config, ConfigEntry } from "./load-config.ts";
import type { LimitName } from "./schema.ts";

/** What holds without configuration; sizes in bytes, times in ms. */
const DEFAULTS: Readonly<Record<LimitName, number>> = {
  turns: DEFAULT_LIMITS.turns,
  tokens: DEFAULT_LIMITS.tokens,
  wall: DEFAULT_LIMITS.wallMs,
  timeout: SANDBOX_BOUNDS.timeoutMs.default,
  running: SANDBOX_BOUNDS.running.default,
  read: SANDBOX_BOUNDS.readBytes.default,
  write: SANDBOX_BOUNDS.writeBytes.default,
  list: SANDBOX_BOUNDS.listEntries.default,
  search: SANDBOX_BOUNDS.searchHits.default,
  walk: SANDBOX_BOUNDS.walkEntries.default,
  output: PROCESS_BOUNDS.outputBytes.default,
  drain: PROCESS_BOUNDS.drainBytes.default,
  data: PROCESS_BOUNDS.dataBytes.default,
  memory: PROCESS_BOUNDS.memoryBytes.default,
  processes: PROCESS_BOUNDS.processes.default,
  open_files: PROCESS_BOUNDS.openFiles.default,
  file_size: PROCESS_BOUNDS.fileBytes.default,
  tmp: PROCESS_BOUNDS.tmpBytes.default,
  disk: PROCESS_BOUNDS.diskBytes.default,
  changes: PROCESS_BOUNDS.changes.default,
  wasm_pages: WASM_BOUNDS.memoryPages.default,
  wasm_fuel: WASM_BOUNDS.fuel.default,
  wasm_time: WASM_BOUNDS.wallMs.default,
  wasm_calls: WASM_BOUNDS.calls.default,
  wasm_bytes: WASM_BOUNDS.bytes.default,
  wasm_input: WASM_BOUNDS.inputBytes.default,
  wasm_output: WASM_BOUNDS.outputBytes.default,
};

/**
 * Gives a limit in force: the person's own or the built-in one, and a project's where that is lower.
 *
 * @param config What was loaded.
 * @param name The limit.
 * @returns Its value and where it came from.
 */
export function limitOf(
  config: Pick<Config, "limits">,
  name: LimitName,
): { readonly value: number; readonly origin: ConfigEntry["origin"] } {
  const user = config.limits.user[name];
  const own = user ?? DEFAULTS[name];
  const project = config.limits.project[name];
  if (project !== undefined && project < own) return { value: project, origin: "project" };
  return { value: own, origin: user === undefined ? "built-in" : "user" };
}

/** Every limit in force, for `doctor`. */
export function limitEntries(config: Config): readonly ConfigEntry[] {
  return LIMIT_NAMES.map((name) => ({ key: `limits.${name}`, ...limitOf(config, name) }));
}

const LIMIT_NAMES: readonly LimitName[] = Object.keys(DEFAULTS).filter(isLimitName);

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(DEFAULTS, name);
}

/**
 * Gives the limits of a session.
 *
 * @param config What was loaded.
 * @param maxTurns Value of `--max-turns`: the person's own word, stronger than any file.
 * @returns The limits.
 */
export function sessionLimits(config: Config, maxTurns: number | null): SessionLimits {
  const turns = limitOf(config, "turns").value;
  return {
    ...DEFAULT_LIMITS,
    turns: maxTurns ?? turns,
    tokens: limitOf(config, "tokens").value,
    wallMs: limitOf(config, "wall").value,
  };
}

/**
 * Gives what one call of a tool may use.
 *
 * @param config What was loaded.
 * @returns The limits; a call may ask for more than what is usual, not for more than what somebody configured.
 */
export function toolLimits(config: Pick<Config, "limits">): ToolLimits {
  function asked(name: LimitName, bound: number): AskedLimit {
    const { value, origin } = limitOf(config, name);
    return { usual: value, most: origin === "built-in" ? bound : value };
  }
  return {
    readBytes: limitOf(config, "read").value,
    writeBytes: limitOf(config, "write").value,
    listEntries: limitOf(config, "list").value,
    searchHits: asked("search", SANDBOX_BOUNDS.searchHits.max),
    timeoutMs: asked("timeout", SANDBOX_BOUNDS.timeoutMs.max),
    process: processLimitsOf(config),
    wasm: {
      memoryPages: asked("wasm_pages", WASM_BOUNDS.memoryPages.max),
      fuel: asked("wasm_fuel", WASM_BOUNDS.fuel.max),
      wallMs: asked("wasm_time", WASM_BOUNDS.wallMs.max),
      calls: asked("wasm_calls", WASM_BOUNDS.calls.max),
      bytes: asked("wasm_bytes", WASM_BOUNDS.bytes.max),
      inputBytes: asked("wasm_input", WASM_BOUNDS.inputBytes.max),
      outputBytes: asked("wasm_output", WASM_BOUNDS.outputBytes.max),
    },
  };
}

function processLimitsOf(config: Pick<Config, "limits">): ProcessLimits {
  function value(name: LimitName): number {
    return limitOf(config, name).value;
  }
  return {
    outputBytes: value("output"),
    drainBytes: value("drain"),
    dataBytes: value("data"),
    memoryBytes: value("memory"),
    processes: value("processes"),
    openFiles: value("open_files"),
    fileBytes: value("file_size"),
    tmpBytes: value("tmp"),
    diskBytes: value("disk"),
    changes: value("changes"),
  };
}
