import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { HAS_PTY, openPty, type Pty, quiet, runtimeCommand } from "../../support/pty.ts";
import { ENTRY, initialise, runAgentzero } from "../../support/run-agentzero.ts";
import { sharedDir } from "../../support/temp-dir.ts";

const at = { cwd: "", home: "" };
const AFTER = "; echo STATUS $?; stty -a | tr ';' '\\n' | grep -oE -- '-?(icanon|echo)\\b' | tr '\\n' ' '; echo END";

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "shop/.env": "TOKEN=fake-token-fake-token\n", "me/x": "" });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

function open(line: string): Pty {
  const env = { HOME: join(at.cwd, "../me"), AGENTZERO_HOME: at.home, NO_COLOR: "1" };
  return openPty(`${runtimeCommand(ENTRY)} ${line}${AFTER}`, { cwd: at.cwd, env });
}

// Needs `script` of util-linux; elsewhere these are skipped.
describe.skipIf(!HAS_PTY)("a person at a terminal", () => {
  it("approves one call, after seeing what it writes", async () => {
    const pty = open(`call write '{"path":"a.txt","content":"hello\\n"}'`);
    await pty.waitFor("+hello");
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("y");
    await pty.waitFor("STATUS 0");
    await pty.waitFor("icanon echo END");
    expect(readFileSync(join(at.cwd, "a.txt"), "utf8")).toBe("hello\n");
  });

  it("denies one call with Enter: nothing is written, exit 5", async () => {
    const pty = open(`call write '{"path":"b.txt","content":"x"}' --json`);
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("\r");
    await pty.waitFor('"approved":"no"');
    await pty.waitFor("STATUS 5");
    expect(existsSync(join(at.cwd, "b.txt"))).toBe(false);
  });

  it("asks about the changes of a command after it ran, and keeps what is chosen", async () => {
    const pty = open(`call shell '{"command":"echo 1 > one.txt; echo 2 > two.txt"}'`);
    await pty.waitFor("one.txt");
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("f");
    await quiet();
    pty.type("y");
    await quiet();
    pty.type("n");
    await pty.waitFor("STATUS");
    expect([existsSync(join(at.cwd, "one.txt")), existsSync(join(at.cwd, "two.txt"))].filter(Boolean)).toHaveLength(1);
  });

  it("chats: reads, is denied, runs its own command, switches the mode, and leaves with Ctrl+D", async () => {
    const pty = open("chat");
    await pty.waitFor("audit ok");
    pty.type("read README.md\r");
    await pty.waitFor("# Shop");
    await pty.waitFor("audit ok");
    pty.type("/read .env\r");
    await pty.waitFor('denied by rule "no-secret-files"');
    await pty.waitFor("audit ok");
    pty.type("!echo from the sandbox\r");
    await pty.waitFor("from the sandbox\r\n");
    await pty.waitFor("audit ok");
    pty.type("\u001b[Z");
    await pty.waitFor("read-only");
    pty.type("/shell echo no\r");
    await pty.waitFor("error: Cannot");
    await pty.waitFor("audit ok");
    pty.type("/quti\r");
    await pty.waitFor("did you mean /quit?");
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    await pty.waitFor("icanon echo END");
    expect(pty.screen).not.toContain("fake-token");
  });

  it("stops a running command with Ctrl+C, lives on, and leaves with Ctrl+C twice", async () => {
    const pty = open("chat");
    await pty.waitFor("audit ok");
    pty.type("/shell sleep 60\r");
    await pty.waitFor("sleep 60");
    await quiet(1_500);
    pty.type("\u0003");
    await pty.waitFor("was cancelled");
    await pty.waitFor("audit ok");
    // Typed while something runs: waits for its turn.
    pty.type("/shell sleep 1\r");
    await quiet(200);
    pty.type("read README.md\r");
    await pty.waitFor("# Shop");
    await pty.waitFor("audit ok");
    pty.type("\u0003");
    await pty.waitFor("again to exit");
    pty.type("\u0003");
    await pty.waitFor("STATUS 130");
    await pty.waitFor("icanon echo END");
    expect(pty.screen).toContain("# Shop");
  });

  it("sends pasted lines as data, not as words, and restores the terminal on SIGTERM", async () => {
    writeFileSync(join(at.cwd, "echo.yml"), '- text: "ok"\n');
    const pty = open("chat --provider script --script echo.yml");
    await pty.waitFor("audit ok");
    pty.type("\u001b[200~/shell touch owned\nsecond line\u001b[201~");
    await pty.waitFor("[paste 1: 2 lines]");
    await quiet(200);
    expect(existsSync(join(at.cwd, "owned"))).toBe(false);
    pty.type("\r");
    await pty.waitFor("ok");
    await pty.waitFor("audit ok");
    pty.type("\u0004");
    await pty.waitFor("icanon echo END");
    expect(existsSync(join(at.cwd, "owned"))).toBe(false);
  });

  it("leaves a record that verifies", async () => {
    const ran = await runAgentzero(["audit", "verify", "--all", "--json"], {
      ...at,
      env: { HOME: join(at.cwd, "../me") },
    });
    expect(ran.json()).toMatchObject({ ok: true });
  });
});
