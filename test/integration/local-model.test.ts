// Needs a real model server of yours, and asks for it by name: a test reaches nothing that nobody named.
//   AZ_LOCAL_MODEL_URL=http://127.0.0.1:11434/v1 AZ_LOCAL_MODEL=llama3.2 npx vitest run test/integration/local-model.test.ts
// Any server that speaks the OpenAI-compatible format does (Ollama, llama.cpp, LM Studio, vLLM), with a model that calls tools.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runAgentzero } from "../support/run-agentzero.ts";

const URL_OF_SERVER = process.env["AZ_LOCAL_MODEL_URL"];
const MODEL = process.env["AZ_LOCAL_MODEL"];
const GIVEN = URL_OF_SERVER !== undefined && MODEL !== undefined;
// A model on a small machine takes its time, and all of it before the first word.
const timeout = 600_000;

describe.skipIf(!GIVEN)(
  `a model server on this machine${GIVEN ? "" : " (set AZ_LOCAL_MODEL_URL and AZ_LOCAL_MODEL)"}`,
  { timeout },
  () => {
    let root = "";
    beforeAll(() => {
      root = realpathSync(mkdtempSync(join(tmpdir(), "az-local-model-")));
      mkdirSync(join(root, "shop", ".agentzero"), { recursive: true });
      mkdirSync(join(root, "home"), { mode: 0o700 });
      writeFileSync(join(root, "shop", "colour.txt"), "The secret colour of the shop is turquoise.\n");
      const rules = [
        '{ id: read, effect: allow, capability: file_read, paths: ["${project}/**"] }',
        "{ id: local, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret, credential] }",
      ];
      writeFileSync(
        join(root, "home", "policy.yml"),
        ["version: 2", "rules:", ...rules.map((rule) => `  - ${rule}`), ""].join("\n"),
        { mode: 0o600 },
      );
      const provider = { kind: "openai-compatible", url: URL_OF_SERVER };
      const config = { v: 1, model: `local/${MODEL}`, providers: { local: provider } };
      writeFileSync(join(root, "home", "config.yml"), JSON.stringify(config), { mode: 0o600 });
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    function agentzero(...args: string[]): Promise<Ran> {
      const home = join(root, "home");
      return runAgentzero(args, { cwd: join(root, "shop"), home, env: { HOME: home } });
    }

    it("answers", async () => {
      const ran = await agentzero("run", "Say hello in one short sentence.", "--output", "json");
      expect(ran.stderr).not.toContain("MODEL_");
      expect(ran.json()).toMatchObject({ ok: true, stop: "end", text: expect.stringMatching(/\w/u) });
      expect(ran.exit).toBe(0);
    });

    it("reads a file through the gate and tells what is in it, on record", async () => {
      const question = "Read the file colour.txt with the read tool. Which colour does it name? Answer in one word.";
      const ran = await agentzero("run", question, "--output", "json");
      expect(ran.json()).toMatchObject({
        ok: true,
        stop: "end",
        denied: 0,
        text: expect.stringMatching(/turquoise/iu),
      });
      expect(ran.json()["calls"]).toBeGreaterThanOrEqual(1);
      expect((await agentzero("audit", "verify", "--json")).json()).toMatchObject({ ok: true });
    });
  },
);
