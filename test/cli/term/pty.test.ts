import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HAS_PTY, openPty, type Pty, quiet, runtimeCommand } from "../../support/pty.ts";
import { tempDir } from "../../support/temp-dir.ts";

const ASK = runtimeCommand(fileURLToPath(new URL("../../fixtures/pty/ask.ts", import.meta.url)));
const AFTER = "; echo STATUS $?; stty -a | tr ';' '\\n' | grep -oE -- '-?(icanon|echo)\\b' | tr '\\n' ' '; echo END";

function ask(more = ""): Pty {
  return openPty(`${ASK} ${more}${AFTER}`, { cwd: tempDir() });
}

// Needs `script` of util-linux; elsewhere these are skipped.
describe.skipIf(!HAS_PTY)("terminal approver on a pseudo terminal", () => {
  it("takes y after it was quiet, and gives the terminal back", async () => {
    const pty = ask();
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("y");
    await pty.waitFor('"kind":"allowed","scope":"once"');
    await pty.waitFor("icanon echo END");
    expect(await pty.ended).toBe(0);
  });

  it("drops what was typed ahead, Enter included", async () => {
    const pty = ask();
    pty.type("y\ry\r");
    await pty.waitFor("Allow? [n]");
    pty.type("y");
    await quiet();
    pty.type("n");
    await pty.waitFor('"kind":"refused","why":"no"');
    await pty.waitFor("icanon echo END");
    expect(pty.screen).not.toContain("allowed");
  });

  it("answers Enter, Ctrl+C and a lone Escape with no", async () => {
    for (const key of ["\r", "\u0003", "\u001b"]) {
      const pty = ask();
      // oxlint-disable-next-line no-await-in-loop -- one terminal after the other
      await pty.waitFor("Allow? [n]");
      // oxlint-disable-next-line no-await-in-loop
      await quiet();
      pty.type(key);
      // oxlint-disable-next-line no-await-in-loop
      await pty.waitFor('"kind":"refused","why":"no"');
      // oxlint-disable-next-line no-await-in-loop
      await pty.waitFor("icanon echo END");
      expect(pty.screen).not.toContain("allowed");
    }
  });

  it("takes no arrow key, and no paste, for an answer", async () => {
    const pty = ask();
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("\u001b[A\u001b[200~y\u001b[201~");
    await quiet();
    pty.type("y");
    await pty.waitFor('"kind":"allowed"');
    expect(await pty.ended).toBe(0);
  });

  it("gives the terminal back after SIGTERM", async () => {
    const pty = openPty(`sh -c 'echo PID $$; exec ${ASK.replaceAll("'", "")}'${AFTER}`, { cwd: tempDir() });
    await pty.waitFor("Allow? [n]");
    process.kill(Number(/PID (\d+)/.exec(pty.screen)?.[1]), "SIGTERM");
    await pty.waitFor('"kind":"refused"');
    await pty.waitFor("STATUS 130");
    await pty.waitFor("icanon echo END");
    expect(await pty.ended).toBe(0);
  });

  it("asks again, all of it, after Ctrl+Z and fg", async () => {
    const pty = openPty("exec bash --norc --noprofile -i", { cwd: tempDir(), env: { PS1: "ready> " } });
    await pty.waitFor("ready> ");
    pty.type(`${ASK}\r`);
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("\u001a");
    await pty.waitFor(/Stopped[^]*ready> /);
    pty.type("stty -a | grep -o -- ' icanon'; fg\r");
    await pty.waitFor(/^ icanon/m);
    await pty.waitFor("wants to");
    await pty.waitFor("Allow? [n]");
    await quiet();
    pty.type("y");
    await pty.waitFor('"kind":"allowed","scope":"once"');
    pty.type("exit\r");
    expect(await pty.ended).toBe(0);
  });

  it("reads a value without echo", async () => {
    const pty = ask("hidden");
    await pty.waitFor("Value: ");
    await quiet(200);
    pty.type("s3cr\u007fret\r");
    await pty.waitFor('ANSWER "s3cret"');
    expect(pty.screen.slice(0, pty.screen.indexOf("ANSWER"))).not.toContain("s3c");
  });
});
