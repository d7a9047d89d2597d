import { join } from "node:path";
import { DEFAULT_AUDIT_SETTINGS, SYNC_POLICIES, type SyncPolicy } from "../../audit/mod.ts";
import { readOwnFile } from "../../core/mod.ts";
import { CliError } from "../errors.ts";
import type { AuditConfig, LimitsConfig, ModelFacts, ProjectConfig, ProviderConfig, UserConfig } from "./schema.ts";

/** Where an effective value came from, from weak to strong. */
export type Origin = "built-in" | "user" | "project" | "environment" | "flag";

/** One effective value, for `doctor`. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
}

/** The configuration in force. None of it grants anything: only policy does. */
export interface Config {
  readonly provider: string;
  /** `null`: the provider's only or default model. */
  readonly model: string | null;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly models: Readonly<Record<string, ModelFacts>>;
  /** A project's limits count only where they are lower, see `limitOf()`. */
  readonly limits: { readonly user: LimitsConfig; readonly project: LimitsConfig };
  readonly audit: AuditConfig;
  readonly user: UserConfig;
  readonly entries: readonly ConfigEntry[];
  /** What the person should know, e.g. that a project's file does not count. */
  readonly notices: readonly string[];
}

/** What the configuration is loaded from. */
export interface ConfigSources {
  /** `$AGENTZERO_HOME`. */
  readonly home: string;
  /** Root of the project, or `null`. */
  readonly project: string | null;
  /** Says whether these bytes of the project's `config.yml` were trusted. */
  readonly isTrusted: (bytes: Uint8Array) => boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: { readonly provider?: string | undefined; readonly model?: string | undefined };
}

/** Providers on this machine that need no configuration. */
export const LOCAL_PROVIDERS: Readonly<Record<string, ProviderConfig>> = {
  ollama: { kind: "openai-compatible", url: "http://127.0.0.1:11434/v1" },
  "llama.cpp": { kind: "openai-compatible", url: "http://127.0.0.1:8080/v1" },
  lmstudio: { kind: "openai-compatible", url: "http://127.0.0.1:1234/v1" },
  vllm: { kind: "openai-compatible", url: "http://127.0.0.1:8000/v1" },
};
const IN_PROCESS = ["builtin", "script"];
const EMPTY_USER: UserConfig = { v: 1 };
/** A configuration file is small; more is a mistake or an attack. */
const MAX_CONFIG_BYTES = 262_144;

/**
 * Loads the configuration: built-in, the person's file, the project's file where it is trusted, environment, flags.
 *
 * @param sources Where from.
 * @returns What counts, and where each value came from.
 * @throws {CliError} `CONFIG_INVALID` with file and line, `CONFIG_UNSAFE` for a link or somebody else's file.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const user = await loadUserConfig(sources.home) ?? EMPTY_USER;
  const { config: project, notice } = await loadProjectConfig(sources);
  const providers = { ...LOCAL_PROVIDERS, ...user.providers };
  const chosen = chooseModel(providers, [
    { origin: "user", provider: user.provider, model: user.model },
    { origin: "project", provider: project?.provider, model: project?.model },
    {
      origin: "environment",
      provider: filled(sources.env["AGENTZERO_PROVIDER"]),
      model: filled(sources.env["AGENTZERO_MODEL"]),
    },
    { origin: "flag", provider: sources.flags.provider, model: sources.flags.model },
  ]);
  return {
    provider: chosen.provider,
    model: chosen.model,
    providers,
    models: user.models ?? {},
    limits: { user: user.limits ?? {}, project: project?.limits ?? {} },
    audit: raiseAudit(user.audit ?? {}, project?.audit),
    user,
    entries: [
      { key: "provider", value: chosen.provider, origin: chosen.providerOrigin },
      { key: "model", value: chosen.model, origin: chosen.modelOrigin },
      ...originEntries(user, project),
    ],
    notices: notice === null ? [] : [notice],
  };
}

async function loadUserConfig(home: string): Promise<UserConfig | null> {
  const file = join(home, "config.yml");
  const bytes = readConfigFile(file);
  if (bytes === null) return null;
  const [{ USER_CONFIG }, { parseConfig }] = await Promise.all([import("./schema.ts"), import("./parse-config.ts")]);
  return await parseConfig(bytes, file, USER_CONFIG);
}

async function loadProjectConfig(
  sources: ConfigSources,
): Promise<{ readonly config: ProjectConfig | null; readonly notice: string | null }> {
  if (sources.project === null) return { config: null, notice: null };
  const name = ".agentzero/config.yml";
  const bytes = readConfigFile(join(sources.project, name));
  if (bytes === null) return { config: null, notice: null };
  // Threat: a clone that chooses the model or the record's settings for whoever opens it.
  if (!sources.isTrusted(bytes)) {
    return { config: null, notice: `"${name}" does not count: it is not trusted (agentzero policy trust)` };
  }
  const [{ PROJECT_CONFIG }, { parseConfig }] = await Promise.all([
    import("./schema.ts"),
    import("./parse-config.ts"),
  ]);
  return { config: await parseConfig(bytes, name, PROJECT_CONFIG), notice: null };
}

function readConfigFile(file: string): Uint8Array | null {
  const read = readOwnFile(file, { maxBytes: MAX_CONFIG_BYTES });
  if (read.kind === "ok") return read.bytes;
  if (read.kind === "missing") return null;
  throw new CliError("CONFIG_UNSAFE", `Cannot load "${file}": ${read.why}`, { hint: read.hint });
}

interface ModelLayer {
  readonly origin: Origin;
  readonly provider: string | undefined;
  readonly model: string | undefined;
}

interface ChosenModel {
  readonly provider: string;
  readonly model: string | null;
  readonly providerOrigin: Origin;
  readonly modelOrigin: Origin;
}

/** A layer that names a provider drops the model of the layers below: it belonged to another one. */
function chooseModel(providers: Readonly<Record<string, ProviderConfig>>, layers: readonly ModelLayer[]): ChosenModel {
  let chosen: ChosenModel = {
    provider: "builtin",
    model: null,
    providerOrigin: "built-in",
    modelOrigin: "built-in",
  };
  for (const { origin, provider, model } of layers) {
    if (provider !== undefined) chosen = { provider, model: null, providerOrigin: origin, modelOrigin: origin };
    if (model === undefined) continue;
    const [prefix = "", ...rest] = model.split("/");
    const known = rest.length > 0 && (Object.hasOwn(providers, prefix) || IN_PROCESS.includes(prefix));
    if (known && (provider === undefined || provider === prefix)) {
      const providerOrigin = prefix === chosen.provider ? chosen.providerOrigin : origin;
      chosen = { provider: prefix, model: rest.join("/"), providerOrigin, modelOrigin: origin };
    } else chosen = { ...chosen, model, modelOrigin: origin };
  }
  return chosen;
}

/**
 * Chooses another model of the same configuration.
 *
 * @param config What counts.
 * @param name `PROVIDER/NAME`, a name of the present provider, or `builtin`.
 * @returns The same configuration with that model.
 */
export function withModel(config: Config, name: string): Config {
  const provider = IN_PROCESS.includes(name) || Object.hasOwn(config.providers, name) ? name : undefined;
  const present = { origin: "flag", provider: config.provider, model: config.model ?? undefined } as const;
  const wanted = { origin: "flag", provider, model: provider === undefined ? name : undefined } as const;
  const chosen = chooseModel(config.providers, [present, wanted]);
  return { ...config, provider: chosen.provider, model: chosen.model };
}

/** A project may only record more: sync more often, keep longer. */
function raiseAudit(user: AuditConfig, project: ProjectConfig["audit"]): AuditConfig {
  const sync = stricterSync(user.sync, project?.sync);
  const retention = project?.retention;
  const kept = user.retention ?? DEFAULT_AUDIT_SETTINGS.retention;
  return {
    ...user,
    ...(sync === undefined ? {} : { sync }),
    ...(retention === undefined ? {} : { retention: Math.max(retention, kept) }),
  };
}

function stricterSync(user: SyncPolicy | undefined, project: SyncPolicy | undefined): SyncPolicy | undefined {
  if (project === undefined) return user;
  const own = user ?? DEFAULT_AUDIT_SETTINGS.sync;
  return SYNC_POLICIES.indexOf(project) < SYNC_POLICIES.indexOf(own) ? project : user;
}

function originEntries(user: UserConfig, project: ProjectConfig | null): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  for (const [key, value] of Object.entries(user)) {
    if (key === "v" || key === "provider" || key === "model" || key === "limits" || value === undefined) continue;
    entries.push({ key, value: key === "secrets" || key === "providers" ? Object.keys(value) : value, origin: "user" });
  }
  if (project?.audit !== undefined) entries.push({ key: "audit", value: project.audit, origin: "project" });
  return entries;
}

function filled(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
