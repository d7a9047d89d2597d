import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY } from "../../../policy/mod.ts";
import { openEngine } from "../../support/engine.ts";
import { runAgentzero } from "../../support/run-agentzero.ts";

const HANDLE = "handle://vault/demo/token";
const VALUE = "fake-Secret-Value-4711-not-real";

describe("shell", () => {
  it.each([
    ["outside the project", { command: "ls", cwd: "/etc" }, "POLICY_DEFAULT"],
    ["through a link out of the project", { command: "ls", cwd: "out" }, "POLICY_DEFAULT"],
    ["above the project", { command: "ls", cwd: ".." }, "POLICY_DEFAULT"],
    ["that is not there", { command: "ls", cwd: "nope" }, "NOT_FOUND"],
    ["with NUL in a word", { argv: ["ls", "a\0b"] }, "COMMAND_INVALID"],
    ["with half a character in a word", { argv: ["ls", "a\ud800b"] }, "ARGS_INVALID"],
    ["with a host that is no name and port", { command: "ls", hosts: ["http://x"] }, "ARGS_INVALID"],
  ])("does not run %s", async (_, args, code) => {
    const engine = await openEngine({ person: "yes" });
    symlinkSync("/etc", join(engine.project, "out"));
    const result = await engine.call("shell", args);
    expect(result).toMatchObject({ ok: false, output: null, error: { code } });
    expect(result.audit.intent).toBeGreaterThan(0);
  });

  it("sees neither the record nor the conversations, and none of what `read` refuses", async () => {
    const engine = await openEngine({ files: { ".env": "TOKEN=needle", "keys/a.pem": "needle", "a.txt": "fine" } });
    mkdirSync(join(engine.project, "sub"));
    symlinkSync("../.env", join(engine.project, "sub/link"));
    const command =
      "cat .env sub/link keys/a.pem .agentzero/audit/* .agentzero/sessions/* .agentzero/state/*; cat a.txt";
    const { output } = await engine.call("shell", { command });
    expect(output).toContain("fine");
    expect(output).not.toContain("needle");
    expect((await engine.call("shell", { command: "ls -a .agentzero" })).output).not.toMatch(/audit|sessions|state/u);
  });

  it("gives the bytes of any output as text, and says how a command ended", async () => {
    const engine = await openEngine();
    const bytes = await engine.call("shell", { command: "printf '\\xff\\x00ab\\n'" });
    expect(bytes).toMatchObject({ ok: true, exit: 0, output: "\ufffd\0ab\n", changes: [] });
    const killed = await engine.call("shell", { command: "kill -9 $$" });
    expect(killed).toMatchObject({ ok: false, exit: 137, error: { code: "COMMAND_FAILED" } });
    expect(await engine.call("shell", { argv: ["no-such-program"] })).toMatchObject({ ok: false, exit: 127 });
  });

  it("delivers a secret to the bound program under any of its names, and to no wrapper of it", async () => {
    const policy = DEFAULT_POLICY.replace(
      "tests:\n",
      `  - { id: use, effect: allow, capability: secret_handle_usage, secrets: ["${HANDLE}"], commands: ["/usr/bin/**"], tainted: any }\ntests:\n`,
    );
    const setup = await openEngine({ policy });
    const at = { cwd: setup.project, home: setup.home, env: { HOME: dirname(setup.home) } };
    expect((await runAgentzero(["vault", "set", "demo/token"], { ...at, input: VALUE })).exit).toBe(0);
    // `awk` is a link on most systems: the binding names the program behind it.
    const bind = ["vault", "bind", "demo/token", "--slot", "env:TOKEN", "--command", "/usr/bin/awk"];
    expect((await runAgentzero(bind, at)).exit).toBe(0);
    const engine = await openEngine({ beside: setup, person: "yes" });
    const secrets = { TOKEN: HANDLE };
    const script = 'BEGIN { v = ENVIRON["TOKEN"]; print v; print substr(v, 1, 9); print substr(v, 10) }';
    const own = await engine.call("shell", { argv: ["awk", script], secrets });
    expect(own).toMatchObject({ ok: true, redactions: [{ class: "secret", count: 2 }] });
    expect(own.output).toMatch(/^(?:\[SECRET_[A-Z2-7]{8}\]\n){2}$/u);
    for (
      const args of [
        { argv: ["env", "awk", script], secrets },
        { argv: ["sh", "-c", "awk 1"], secrets },
        { argv: ["./awk"], secrets },
        { argv: ["awk", script], secrets: { OTHER: HANDLE } },
        { argv: ["awk", script], secrets: { TOKEN: "demo/token" } },
        { command: "awk 1 | cat", secrets },
        { command: "awk 1 > x", secrets },
        { command: "FOO=1 awk 1", secrets },
      ]
    ) {
      expect(await engine.call("shell", args)).toMatchObject({ ok: false, decision: "deny", output: null });
    }
    expect(JSON.stringify([engine.events, engine.questions])).not.toContain(VALUE);
  });
});
