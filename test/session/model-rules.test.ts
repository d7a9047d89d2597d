import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";

const NONE = 'version: 2\nrules:\n  - { id: read, effect: allow, capability: file_read, paths: ["${project}/**"] }\n';

function configOf(url: string, key?: string): Readonly<Record<string, unknown>> {
  return {
    v: 1,
    model: "far/m",
    providers: { far: { kind: "openai-compatible", url, ...(key === undefined ? {} : { key }) } },
  };
}

/** The rules that a refusal names, as they would be pasted. */
async function rulesTold(url: string, key?: string, why = "no rule allows it"): Promise<readonly string[]> {
  const engine = await openEngine({ policy: NONE, config: configOf(url, key) });
  expect(await engine.submit("hello")).toMatchObject({ stop: "denied", exit: 5 });
  const error = engine.events.find((event) => event.type === "error");
  expect(error).toMatchObject({ code: "MODEL_DENIED", message: `Cannot ask model far/m: ${why}` });
  return (error?.hint ?? "").split("\n").filter((line) => line.startsWith("- {"));
}

describe("rulesForModel()", () => {
  it.each(["https://model.example.invalid/v1", "http://127.0.0.1:9/v1"])(
    "names the rule that lets a model at %s be asked, and it does",
    async (url) => {
      const rules = await rulesTold(url);
      expect(rules).toHaveLength(1);
      const engine = await openEngine({ policy: `${NONE}  ${rules[0] ?? ""}\n`, config: configOf(url) });
      expect(await engine.submit("hello")).toMatchObject({ stop: "provider", exit: 6 });
    },
  );

  it("names a second rule for the key, for that host alone", async () => {
    const rules = await rulesTold("https://model.example.invalid/v1", "handle://vault/far/key");
    expect(rules).toEqual([
      '- { id: far-model, effect: allow_with_redaction, capability: model_call, remote: true, hosts: ["model.example.invalid"], classification: [public, internal, private], redact: [pii, secret, credential] }',
      '- { id: far-key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/far/key"], hosts: ["model.example.invalid"] }',
    ]);
  });

  it("names the address of a key as the network that a rule must say", async () => {
    // Both are denied; the floor's word about the key's address is told before that no rule lets the model be asked.
    const why = 'denied by rule "floor.address" (floor)';
    const rules = await rulesTold("http://127.0.0.1:9/v1", "handle://vault/far/key", why);
    expect(rules).toEqual([
      "- { id: far-model, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret, credential] }",
      '- { id: far-key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/far/key"], cidr: ["127.0.0.1/32"] }',
    ]);
    const policy = `${NONE}${rules.map((rule) => `  ${rule}\n`).join("")}`;
    const engine = await openEngine({ policy, config: configOf("http://127.0.0.1:9/v1", "handle://vault/far/key") });
    await engine.submit("hello");
    // Now it is the binding of the handle that is missing.
    expect(engine.events.find((event) => event.type === "error")).toMatchObject({
      message: expect.stringContaining("handle"),
    });
  });

  it("names the missing rule of the key alone where the model may be asked, and none for an address that gives keys away", async () => {
    const local =
      "  - { id: local, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret] }\n";
    const config = configOf("http://127.0.0.1:9/v1", "handle://vault/far/key");
    const engine = await openEngine({ policy: `${NONE}${local}`, config });
    await engine.submit("hello");
    const hint = engine.events.find((event) => event.type === "error")?.hint ?? "";
    expect(hint).toContain("id: far-key");
    expect(hint).not.toContain("id: far-model");
    const metadata = await openEngine({ policy: NONE, config: configOf("http://169.254.169.254/v1") });
    await metadata.submit("hello");
    expect(metadata.events.find((event) => event.type === "error")?.hint ?? "").not.toContain("allow_with_redaction");
  });

  it("names none where a rule says no: that one is to be changed, or not", async () => {
    const deny = "{ id: no-models, effect: deny, capability: model_call, reason: none here }";
    const engine = await openEngine({ policy: `${NONE}  - ${deny}\n`, config: configOf("http://127.0.0.1:9/v1") });
    await engine.submit("hello");
    const error = engine.events.find((event) => event.type === "error");
    expect(error).toMatchObject({ code: "MODEL_DENIED", message: expect.stringContaining("no-models") });
    expect(error?.hint).not.toContain("allow_with_redaction");
  });
});
