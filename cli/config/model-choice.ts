import { isAbsolute, join, resolve } from "node:path";
import { nearestName } from "../../core/mod.ts";
import type { ModelChoice } from "../../session/mod.ts";
import { CliError } from "../errors.ts";
import type { Config } from "./load-config.ts";

/** Where files named in flags and configuration are looked for. */
export interface ModelPlaces {
  /** Base of `--script`. */
  readonly cwd: string;
  /** Base of `file:` in the person's `config.yml`. */
  readonly home: string;
  readonly userHome: string;
}

/**
 * Turns configuration and flags into the model to talk to.
 *
 * @param config What counts.
 * @param script Value of `--script`, or `undefined`.
 * @param places Bases of relative paths.
 * @returns The choice; nothing was opened yet.
 * @throws {CliError} `CONFIG_INVALID` for an unknown provider or a missing model, `USAGE` for a script without its file.
 */
export function modelChoice(config: Config, script: string | undefined, places: ModelPlaces): ModelChoice {
  const { provider, model } = config;
  if (provider === "builtin") return builtinChoice(config, script);
  const entry = Object.hasOwn(config.providers, provider) ? config.providers[provider] : undefined;
  if (provider === "script" || entry?.kind === "script") {
    if (script !== undefined) return { kind: "script", script: resolve(places.cwd, script) };
    if (entry?.kind === "script") return { kind: "script", script: expand(entry.file, places) };
    throw new CliError("USAGE", 'Cannot use the provider "script": no file was named', { hint: "add --script FILE" });
  }
  if (script !== undefined) throw noScript(provider);
  if (entry === undefined) throw unknownProvider(config);
  if (entry.kind === "builtin") return { kind: "builtin" };
  if (model === null) {
    throw new CliError("CONFIG_INVALID", `Cannot use the provider "${provider}": no model is named`, {
      hint: "add --model NAME, or `model: PROVIDER/NAME` in config.yml; `agentzero doctor` lists what runs here",
    });
  }
  if (entry.key !== undefined && /^http:/i.test(entry.url) && !/^http:\/\/127\.0\.0\.1[:/]/i.test(`${entry.url}/`)) {
    // Threat: a key that whoever is on the way can read.
    throw new CliError("CONFIG_INVALID", `Cannot use the provider "${provider}": its key would go over plain http`, {
      hint: "use https, or a server on 127.0.0.1",
    });
  }
  return {
    kind: entry.kind,
    id: provider,
    url: entry.url,
    model,
    key: entry.key ?? null,
    context: config.models[`${provider}/${model}`]?.context ?? null,
  };
}

/** A script or a model that would be left out without a word is a mistake. */
function builtinChoice(config: Config, script: string | undefined): ModelChoice {
  if (script !== undefined) throw noScript(config.provider);
  const { model } = config;
  if (model === null || model === "builtin") return { kind: "builtin" };
  const [prefix = "", ...rest] = model.split("/");
  if (rest.length > 0) throw unknownProvider({ ...config, provider: prefix });
  throw new CliError("CONFIG_INVALID", `Cannot use the model "${model}": no provider is named`, {
    hint: `name both, e.g. ollama/${model}; \`agentzero doctor\` lists what runs here`,
  });
}

function noScript(provider: string): CliError {
  return new CliError("USAGE", `Cannot play a script on the provider "${provider}"`, {
    hint: "add --provider script",
  });
}

function unknownProvider(config: Config): CliError {
  const known = ["builtin", "script", ...Object.keys(config.providers)];
  const near = nearestName(config.provider, known);
  return new CliError("CONFIG_INVALID", `Cannot use the provider "${config.provider}": it is not configured`, {
    hint: near === null ? `known here: ${known.join(" ")}` : `did you mean "${near}"?`,
  });
}

function expand(file: string, places: ModelPlaces): string {
  if (file.startsWith("~/")) return join(places.userHome, file.slice(2));
  return isAbsolute(file) ? file : join(places.home, file);
}
