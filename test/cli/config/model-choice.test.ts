import { describe, expect, it, test } from "vitest";
import { type Config, loadConfig } from "../../../cli/config/load-config.ts";
import { modelChoice } from "../../../cli/config/model-choice.ts";
import { tempDir } from "../../support/temp-dir.ts";

const PLACES = { cwd: "/home/me/shop", home: "/home/me/.agentzero", userHome: "/home/me" };
const USER = `v: 1
providers:
  claude: { kind: anthropic, url: "https://api.example.com/v1", key: "handle://vault/anthropic/key" }
  plain: { kind: openai-compatible, url: "http://api.example.com/v1", key: "handle://vault/plain/key" }
  near: { kind: openai-compatible, url: "http://127.0.0.1:9/v1", key: "handle://vault/near/key" }
  played: { kind: script, file: "~/turns.yml" }
models: { "claude/one": { context: 9000 } }
`;

function config(provider: string, model?: string): Promise<Config> {
  const flags = model === undefined ? { provider } : { provider, model };
  return loadConfig({ home: tempDir({ "config.yml": USER }), project: null, isTrusted: () => true, env: {}, flags });
}

const SOURCES = { project: null, isTrusted: () => true, env: {}, flags: {} };

describe("modelChoice()", () => {
  it("chooses what is configured", async () => {
    expect(modelChoice(await config("builtin"), undefined, PLACES)).toEqual({ kind: "builtin" });
    expect(modelChoice(await config("claude", "one"), undefined, PLACES)).toEqual({
      kind: "anthropic",
      id: "claude",
      url: "https://api.example.com/v1",
      model: "one",
      key: "handle://vault/anthropic/key",
      context: 9000,
    });
    expect(modelChoice(await config("ollama", "x"), undefined, PLACES)).toMatchObject({
      url: "http://127.0.0.1:11434/v1",
    });
    expect(modelChoice(await config("near", "x"), undefined, PLACES)).toMatchObject({ id: "near" });
  });

  it("finds scripts", async () => {
    expect(modelChoice(await config("script"), "t.yml", PLACES)).toEqual({
      kind: "script",
      script: "/home/me/shop/t.yml",
    });
    expect(modelChoice(await config("played"), undefined, PLACES)).toEqual({
      kind: "script",
      script: "/home/me/turns.yml",
    });
  });

  test.for(
    [
      ["a provider that is not configured", "cluade", undefined, "CONFIG_INVALID", 'did you mean "claude"?'],
      ["a server without a model", "ollama", undefined, "CONFIG_INVALID", "--model"],
      ["the script provider without a file", "script", undefined, "USAGE", "--script"],
      ["a key over plain http", "plain", undefined, "CONFIG_INVALID", ""],
    ] as const,
  )("refuses %s", async ([, provider, script, code, hint]) => {
    const loaded = await config(provider, provider === "plain" ? "m" : undefined);
    expect(() => modelChoice(loaded, script, PLACES)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });

  it("refuses a script on another provider, on the built-in shell too", async () => {
    const loaded = await config("builtin");
    expect(modelChoice(loaded, undefined, PLACES)).toEqual({ kind: "builtin" });
    for (const other of [await config("ollama", "x"), loaded]) {
      expect(() => modelChoice(other, "t.yml", PLACES)).toThrow(expect.objectContaining({ code: "USAGE" }));
    }
  });

  it("never leaves out a model without a word: its provider must be known", async () => {
    const typo = await loadConfig({ ...SOURCES, home: tempDir({ "config.yml": `${USER}model: cluade/one\n` }) });
    expect(() => modelChoice(typo, undefined, PLACES)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", hint: 'did you mean "claude"?' }),
    );
    const bare = await loadConfig({ ...SOURCES, home: tempDir({ "config.yml": "v: 1\nmodel: llama3.2\n" }) });
    expect(() => modelChoice(bare, undefined, PLACES)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", hint: expect.stringContaining("ollama/llama3.2") }),
    );
  });
});
