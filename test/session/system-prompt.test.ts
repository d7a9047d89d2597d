import { describe, expect, it, onTestFinished } from "vitest";
import { BUILTIN_TOOLS } from "../../session/tools/registry.ts";
import { systemPrompt, systemPromptDigest } from "../../session/system-prompt.ts";
import { loadSodium } from "../../core/mod.ts";
import { openEngine } from "../support/engine.ts";
import { openAiEvents, sendEvents, startModelServer } from "../support/model-server.ts";
import { recordOf } from "../support/record.ts";

interface Request {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

describe("systemPrompt()", () => {
  it("stays short with every tool and skill of this build, and says the same on the same day", () => {
    const facts = {
      date: "2026-11-20",
      mode: "ask",
      tools: [...BUILTIN_TOOLS.keys(), "use_skill", "generate_tool"],
      skills: [{ name: "repo-security-audit", description: "x".repeat(400) }],
    } as const;
    // Three bytes a token, as everywhere.
    expect(Buffer.byteLength(systemPrompt(facts))).toBeLessThan(1_500 * 3);
    expect(systemPrompt(facts)).toBe(systemPrompt(facts));
  });

  it("has one digest for a build, whatever the day and the tools", async () => {
    await loadSodium();
    expect(systemPromptDigest()).toBe(systemPromptDigest());
    expect(systemPromptDigest()).toMatch(/^b2:[0-9a-f]{64}$/);
  });
});

describe("a session", () => {
  it("names its model and what the model is told in the first event of its record", async () => {
    const engine = await openEngine({ script: '- text: "hi"\n' });
    await engine.submit("go");
    await engine.close();
    const [first] = await recordOf(engine);
    expect(first).toMatchObject({ event: "session.start", model: { provider: "script" } });
    expect(first?.reason).toContain(`system prompt ${systemPromptDigest()}`);
  });

  it("offers and names only what reads, from the moment the person switches to reading only", async () => {
    const server = await startModelServer((_, response) => sendEvents(response, openAiEvents({ text: "ok" })));
    onTestFinished(() => server.close());
    const engine = await openEngine({
      config: { model: "lab/m", providers: { lab: { kind: "openai-compatible", url: server.url } } },
    });
    await engine.submit("one");
    engine.composed.policy.setMode("read-only");
    await engine.submit("two");
    engine.composed.policy.setMode("ask");
    await engine.submit("three");
    const seen = server.requests.map(({ body }) => {
      const { messages, tools = [] } = JSON.parse(body) as Request;
      const [system] = messages;
      return {
        told: /Mode: ([a-z-]+)/.exec(system?.content ?? "")?.[1],
        tools: tools.map((tool) => tool.function.name),
      };
    });
    expect(seen.map(({ told }) => told)).toEqual(["ask", "read-only", "ask"]);
    expect(seen[1]?.tools).toEqual(expect.arrayContaining(["read", "list", "search"]));
    for (const name of ["write", "edit", "shell", "generate_tool"]) {
      expect([name, seen[1]?.tools.includes(name), seen[0]?.tools.includes(name)]).toEqual([name, false, true]);
    }
    expect(seen[2]?.tools).toEqual(seen[0]?.tools);
  });
});
