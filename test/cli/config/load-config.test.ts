import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { limitEntries, limitOf, sessionLimits } from "../../../cli/config/limits.ts";
import { type Config, loadConfig } from "../../../cli/config/load-config.ts";
import { tempDir } from "../../support/temp-dir.ts";

interface Given {
  readonly user?: string;
  readonly project?: string;
  readonly trusted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: { readonly provider?: string; readonly model?: string };
}

function load(given: Given): Promise<Config> {
  const home = tempDir(given.user === undefined ? {} : { "config.yml": given.user });
  const project = tempDir(given.project === undefined ? {} : { ".agentzero/config.yml": given.project });
  return loadConfig({
    home,
    project,
    isTrusted: () => given.trusted ?? true,
    env: given.env ?? {},
    flags: given.flags ?? {},
  });
}

describe("loadConfig()", () => {
  it("works without any file: the built-in shell", async () => {
    expect(await load({})).toMatchObject({ provider: "builtin", model: null, notices: [] });
  });

  test.for(
    [
      ["the person's file", {}, "ollama", "llama3.2", "user"],
      ["the project's file over it", { project: "v: 1\nmodel: vllm/qwen\n" }, "vllm", "qwen", "project"],
      ["the environment over both", { env: { AGENTZERO_MODEL: "lmstudio/phi" } }, "lmstudio", "phi", "environment"],
      ["a flag over all", { flags: { model: "llama.cpp/x" } }, "llama.cpp", "x", "flag"],
      ["a provider without the model of another", { flags: { provider: "builtin" } }, "builtin", null, "flag"],
      [
        "a model of the provider that was chosen below",
        { flags: { model: "qwen3" } },
        "ollama",
        "qwen3",
        "user",
        "flag",
      ],
      ["a model with a slash that is no provider", { flags: { model: "org/m" } }, "ollama", "org/m", "user", "flag"],
      ["an empty variable as no variable", { env: { AGENTZERO_MODEL: "" } }, "ollama", "llama3.2", "user"],
    ] as const,
  )("takes %s, and says where each came from", async ([, more, provider, model, origin, modelOrigin]) => {
    const config = await load({ user: "v: 1\nmodel: ollama/llama3.2\n", ...more });
    expect({ provider: config.provider, model: config.model }).toEqual({ provider, model });
    expect(config.entries.slice(0, 2)).toEqual([
      { key: "provider", value: provider, origin },
      { key: "model", value: model, origin: modelOrigin ?? origin },
    ]);
  });

  it("leaves a project's file out until it is trusted, and says so", async () => {
    const config = await load({ project: "v: 1\nmodel: vllm/qwen\n", trusted: false });
    expect(config).toMatchObject({ provider: "builtin" });
    expect(config.notices.join()).toContain("policy trust");
  });

  it("lets a project only lower limits and only record more", async () => {
    const config = await load({
      user: "v: 1\nlimits: { turns: 20 }\naudit: { sync: group, retention: 300 }\n",
      project:
        "v: 1\nlimits: { turns: 500, tokens: 1000, timeout: 5s, read: 1KiB }\naudit: { sync: none, retention: 10 }\n",
    });
    expect(limitOf(config, "turns")).toEqual({ value: 20, origin: "user" });
    expect(limitOf(config, "tokens")).toEqual({ value: 1000, origin: "project" });
    expect(limitOf(config, "timeout")).toEqual({ value: 5000, origin: "project" });
    expect(limitOf(config, "read")).toEqual({ value: 1024, origin: "project" });
    expect(sessionLimits(config, 3).turns).toBe(3);
    expect(limitEntries(config).find(({ key }) => key === "limits.walk")?.origin).toBe("built-in");
    expect(config.audit).toEqual({ sync: "group", retention: 300 });
  });

  test.for(
    [
      ["an unknown key", "v: 1\n\nmodl: x\n", "line 3", 'did you mean "model"?'],
      ["an unknown key inside", "v: 1\nlimits:\n  tunrs: 5\n", "line 3", 'did you mean "turns"?'],
      [
        "an unknown key of a provider",
        "v: 1\nproviders:\n  o: { kind: anthropic, ulr: 'https://x' }\n",
        "line 3",
        '"url"',
      ],
      [
        "an unknown key of the newest limits",
        "v: 1\nlimits: { wasm_fule: 5 }\n",
        "line 2",
        'did you mean "wasm_fuel"?',
      ],
      ["another version", "v: 2\n", "expected `v: 1`", "version 1"],
      ["no version", "model: x\n", "`v: 1`", ""],
      ["an empty file", "", "expected a mapping", ""],
      ["a list", "- v\n", "expected a mapping", ""],
      ["a duration", "v: 1\nlimits: { wall: 30 minutes }\n", "30m", ""],
      ["a limit above its maximum", "v: 1\nlimits: { running: 99 }\n", "limits.running: expected at most 16", ""],
      ["a limit of nothing", "v: 1\nlimits: { turns: 0 }\n", "limits.turns: expected at least 1", ""],
      ["a fraction", "v: 1\nlimits: { turns: 1.5 }\n", "whole number", ""],
      ["an alias", "v: 1\nmodel: &a x\nprovider: *a\n", "line 2: anchors", ""],
      ["a tag", "v: 1\nmodel: !!binary aGk=\n", "tags", ""],
      ["a merge key", "v: 1\nlimits: { <<: { turns: 1 } }\n", "keys must be plain", ""],
      ["a repeated key", "v: 1\nmodel: a\nmodel: b\n", "line 3", ""],
      ["two documents", "v: 1\n---\nv: 1\n", "more than one document", ""],
      ["a directive", "%YAML 1.2\n---\nv: 1\n", "directives", ""],
      ["a hidden character", 'v: 1\nmodel: "a\\u202eb"\n', "control characters", ""],
      ["a key that would become a prototype", "v: 1\n__proto__: { model: x }\n", "keys must be plain", ""],
      ["a byte order mark", "\ufeffv: 1\n", "byte order mark", ""],
      ["brackets without end", "[".repeat(50_000), "nested too deep", ""],
    ] as const,
  )("refuses %s, with its line", async ([, user, seen, hint]) => {
    await expect(load({ user })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(seen),
      hint: expect.stringContaining(hint),
    });
  });

  it("refuses keys that only the person's own file may have", async () => {
    for (const project of ["v: 1\nsecrets: {}\n", "v: 1\nproviders: {}\n", "v: 1\naudit: { clear: [] }\n"]) {
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      await expect(load({ project })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("is not for this file"),
        hint: expect.stringContaining("your own home"),
      });
    }
  });

  it("refuses a link", async () => {
    const home = tempDir({ "real.yml": "v: 1\n" });
    symlinkSync(join(home, "real.yml"), join(home, "config.yml"));
    const sources = { home, project: null, isTrusted: () => true, env: {}, flags: {} };
    await expect(loadConfig(sources)).rejects.toMatchObject({ code: "CONFIG_UNSAFE" });
  });
});
