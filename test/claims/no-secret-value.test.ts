import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY } from "../../policy/mod.ts";
import { openEngine } from "../support/engine.ts";
import { runAgentzero } from "../support/run-agentzero.ts";

const VALUE = "fake-Secret-Value-4711-not-real";
const HANDLE = "handle://vault/demo/token";
const POLICY = DEFAULT_POLICY.replace(
  "tests:\n",
  `  - { id: use-token, effect: allow, capability: secret_handle_usage, secrets: ["${HANDLE}"], commands: ["/usr/bin/**"], tainted: any }\ntests:\n`,
);

describe("nobody sees a secret value", () => {
  it("masks it in results, events, the record, the transcript and every file that was written", async () => {
    const setup = await openEngine({ policy: POLICY });
    const { project: cwd, home } = setup;
    await setup.close();
    const env = { HOME: dirname(home) };
    expect((await runAgentzero(["vault", "set", "demo/token"], { cwd, home, env, input: VALUE })).exit).toBe(0);
    const bind = ["vault", "bind", "demo/token", "--slot", "env:TOKEN", "--command"];
    for (const program of ["/usr/bin/printenv", "/usr/bin/python3", "/usr/bin/perl", "/usr/bin/tee"]) {
      expect((await runAgentzero([...bind, program], { cwd, home, env })).exit).toBe(0);
    }

    const engine = await openEngine({
      beside: setup,
      person: "yes",
      script: [
        "- calls:",
        `  - { tool: shell, args: { argv: [printenv, TOKEN], secrets: { TOKEN: "${HANDLE}" } } }`,
        "- text: 'it printed ${last}'",
        `  calls: [{ tool: write, args: { path: copied.txt, content: '\${last}' } }]`,
        `- calls: [{ tool: write, args: { path: leak.txt, content: "${VALUE}" } }]`,
        `- calls: [{ tool: shell, args: { command: "echo ${VALUE}" } }]`,
        `- text: "${VALUE}"`,
      ].join("\n"),
    });
    await engine.composed.session.submit({ text: "try it", data: [] });
    await engine.close();

    const results = engine.events.filter((event) => event.type === "tool_result");
    expect(results[0]).toMatchObject({ ok: true, redactions: [{ class: "secret", count: 1 }] });
    expect(results[0]?.output).toMatch(/^\[SECRET_[A-Z2-7]{8}\]\n$/u);
    expect(results.slice(1).map((result) => result.error?.code)).toEqual([
      "PLACEHOLDER_IN_ARGS",
      "SECRET_EGRESS",
      "SECRET_EGRESS",
    ]);
    expect(JSON.stringify(engine.events)).not.toContain(VALUE);
    expect(filesHolding(cwd, VALUE)).toEqual([]);
    expect(filesHolding(home, VALUE)).toEqual([]);
    const shown = await runAgentzero(["audit", "show", engine.composed.session.id, "--json"], { cwd, home, env });
    expect(shown.stdout).toContain(HANDLE);
    expect(shown.stdout).not.toContain(VALUE);
    // Each value that was stopped on its way out is on record by handle, encoding and place.
    const leaks = shown.stdout.split("\n").filter((line) => line.includes('"event":"secret.leak"'));
    expect(leaks).toHaveLength(2);
    expect(leaks[0]).toContain(`${HANDLE} as raw at `);
  });

  it("offers no command that prints a value", async () => {
    const engine = await openEngine();
    const got = await runAgentzero(["vault", "get", "demo/token"], { cwd: engine.project, home: engine.home });
    expect(got.exit).toBe(2);
  });
});

/** Every file below a folder whose bytes hold the value, plainly or in base64 or hex. */
function filesHolding(folder: string, value: string): string[] {
  const forms = [value, Buffer.from(value).toString("base64").slice(0, 24), Buffer.from(value).toString("hex")];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => forms.some((form) => readFileSync(file, "latin1").includes(form)) && !file.endsWith("turns.yml"));
}
