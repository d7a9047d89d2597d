import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openAiEvents, sendEvents, startModelServer } from "../../support/model-server.ts";
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
    await pty.waitFor("\u001b[Jfrom the sandbox");
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

  it("tells once why a line failed, with a slash and without, and shows what it gave once", async () => {
    const pty = open("chat --plain");
    await pty.waitFor("> ");
    for (const line of ["read nope.txt", "/read nope.txt", "read .env", "run echo twice; exit 3"]) {
      const before = pty.screen.length;
      pty.type(`${line}\r`);
      // oxlint-disable-next-line no-await-in-loop -- one line after the other
      await pty.waitFor(/echo/.test(line) ? "(exit 3)" : line.endsWith(".env") ? "never read" : "no such file");
      // The prompt is back: nothing more will be said.
      // oxlint-disable-next-line no-await-in-loop
      await pty.waitFor("\n> ");
      const shown = pty.screen.slice(before);
      expect(shown.match(/no such file|never read|\(exit 3\)|^twice/gm)).toHaveLength(/echo/.test(line) ? 2 : 1);
    }
  });

  it("stops a running command with Ctrl+C, lives on, and leaves with Ctrl+C twice", async () => {
    const pty = open("chat");
    await pty.waitFor("audit ok");
    pty.type("/shell sleep 60\r");
    // It runs, for some seconds already.
    await pty.waitFor(/sleep 60 {2}[1-9]\d* s/);
    pty.type("\u0003");
    await pty.waitFor("was cancelled");
    await pty.waitFor("audit ok");
    // Typed while something runs: waits for its turn.
    pty.type("/shell sleep 1\r");
    await quiet(200);
    pty.type("read README.md\r");
    await pty.waitFor("# Shop");
    await pty.waitFor("\nbuiltin");
    pty.type("\u0003");
    await pty.waitFor("again to exit");
    // The second one counts for two seconds: on a busy machine it may come as a first one again.
    while (!pty.screen.includes("STATUS")) {
      pty.type("\u0003");
      // oxlint-disable-next-line no-await-in-loop -- one key after the other
      await pty.waitFor(/again to exit|STATUS 130/);
    }
    expect(pty.screen).toContain("STATUS 130");
    await pty.waitFor("icanon echo END");
    expect(pty.screen).toContain("# Shop");
  });

  it("gives back what waits behind work that is stopped; Ctrl+L, Ctrl+Z and fg leave what is typed", async () => {
    const env = { HOME: join(at.cwd, "../me"), AGENTZERO_HOME: at.home, NO_COLOR: "1", PS1: "ready> " };
    const pty = openPty("exec bash --norc --noprofile -i", { cwd: at.cwd, env });
    await pty.waitFor("ready> ");
    pty.type(`${runtimeCommand(ENTRY)} chat\r`);
    await pty.waitFor("audit ok");
    pty.type("/shell sleep 60\r");
    await pty.waitFor(/sleep 60 {2}[1-9]\d* s/);
    pty.type("read one\r");
    await pty.waitFor("1 queued");
    pty.type("two");
    await pty.waitFor("> two");
    pty.type("\u001b");
    await pty.waitFor(/> read one\s+two/);
    await pty.waitFor("was cancelled");
    await quiet();
    pty.type("\u000c");
    await pty.waitFor("\u001b[H> read one");
    pty.type("\u001a");
    await pty.waitFor(/Stopped[^]*ready> /);
    pty.type("fg\r");
    await pty.waitFor(/> read one\s+two/);
    pty.type(" three");
    await pty.waitFor("two three");
    pty.type("\u0003\u0004");
    await pty.waitFor("ready> ");
    expect(pty.screen).not.toContain("no such file");
    pty.type("exit\r");
    await pty.ended;
  });

  it("sends pasted lines as data, not as words", async () => {
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

  it("shows a reply as it streams, with nothing in it that a terminal acts on, and a file no more than the model", async () => {
    const evil = "\\e]0;owned\\a\\e[2J\\e[1;1H";
    writeFileSync(join(at.cwd, "evil.txt"), "plain \u001b[2J\u001b]0;owned\u0007 text\n");
    writeFileSync(join(at.cwd, "md.yml"), `- text: "# Head\\n\\n- one\\n- two\\n\\n${evil}end [a](http://b.test/)"\n`);
    const pty = open("chat --provider script --script md.yml");
    await pty.waitFor("audit ok");
    pty.type("go\r");
    await pty.waitFor("- two");
    await pty.waitFor("a (http://b.test/)");
    await pty.waitFor("audit ok");
    pty.type("/read evil.txt\r");
    await pty.waitFor("plain");
    await pty.waitFor("audit ok");
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    expect(pty.screen).not.toContain("\u001b]0;");
    expect(pty.screen).not.toContain("\u001b[2J");
    expect(pty.screen).toContain("\\u{1b}");
  });

  it("takes a paste of 200 lines as one mark, finds earlier inputs with Ctrl+R, completes a path with Tab", async () => {
    const pty = open("chat");
    await pty.waitFor("audit ok");
    pty.type(`\u001b[200~${Array.from({ length: 200 }, (_, n) => `line ${n}`).join("\r\n")}\u001b[201~`);
    await pty.waitFor("[paste 1: 200 lines]");
    pty.type("\u0003");
    await pty.waitFor("audit ok");
    pty.type("read READ");
    await pty.waitFor("read READ");
    pty.type("ME.md\r");
    await pty.waitFor("# Shop");
    await pty.waitFor("audit ok");
    pty.type("\u0012rea");
    await pty.waitFor('search "rea": read README.md');
    pty.type("\r");
    await pty.waitFor("> read README.md");
    pty.type("\u0003");
    await pty.waitFor("audit ok");
    pty.type("@READ\t");
    await pty.waitFor("> @README.md ");
    pty.type("\u0003");
    await pty.waitFor("audit ok");
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    expect(pty.screen).not.toContain("line 150");
  });

  it("does nothing for a command it does not understand whole, and names a mode by its name", async () => {
    const pty = open("chat");
    await pty.waitFor("audit ok");
    const lines = [
      ["/mode ask", "mode: ask"],
      ["/mode read-only", "mode: read-only"],
      ["!ls", "do:  the mode"],
      ["/mode nonsense", 'unknown mode "nonsense"'],
      ["/new write a poem", "/new stands alone"],
      ["/export talk.md", "nothing was said yet"],
    ] as const;
    for (const [line, answer] of lines) {
      pty.type(`${line}\r`);
      // oxlint-disable-next-line no-await-in-loop -- one line after the other
      await pty.waitFor(answer);
    }
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    expect(pty.screen).toContain("builtin | read-only");
  });

  it("stops a model in the middle of its stream with Ctrl+C, and runs nothing afterwards", async () => {
    const server = await startModelServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: "a long\n\nstory " } }] })}\n\n`);
    });
    const config = { v: 1, model: "lab/m", providers: { lab: { kind: "openai-compatible", url: server.url } } };
    writeFileSync(join(at.home, "config.yml"), JSON.stringify(config), { mode: 0o600 });
    try {
      const pty = open("chat");
      await pty.waitFor("m local");
      pty.type("tell me\r");
      await pty.waitFor("a long");
      pty.type("\u0003");
      await pty.waitFor("stopped: interrupted");
      pty.type("\u0004");
      await pty.waitFor("STATUS 0");
      await pty.waitFor("icanon echo END");
      expect(server.requests).toHaveLength(1);
    } finally {
      rmSync(join(at.home, "config.yml"));
      await server.close();
    }
  });

  it("draws no line wider than a window of 40 columns, and goes on after a resize", async () => {
    const env = { HOME: join(at.cwd, "../me"), AGENTZERO_HOME: at.home, NO_COLOR: "1" };
    const size = "stty rows 20 cols 40; (until [ -e resize ]; do sleep 0.1; done; stty cols 60 </dev/tty) &";
    const pty = openPty(`${size} ${runtimeCommand(ENTRY)} chat${AFTER}`, { cwd: at.cwd, env });
    await pty.waitFor("ask | ");
    pty.type(`${"long ".repeat(20)}draft`);
    await pty.waitFor("draft");
    writeFileSync(join(at.cwd, "resize"), "");
    await pty.waitFor("draft");
    await pty.waitFor("audit ok");
    pty.type("\u0003");
    await pty.waitFor("audit ok");
    pty.type("\u0004");
    await pty.waitFor("STATUS");
    // oxlint-disable-next-line no-control-regex
    for (const line of pty.screen.split(/[\r\n]+/).map((text) => text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, ""))) {
      expect(line.length).toBeLessThanOrEqual(60);
    }
    expect(pty.screen).toContain("be typed, Ctrl+D leaves");
  });

  it("goes on with another model by /model, in the same session", async () => {
    const server = await startModelServer((request, response) => {
      const { model } = JSON.parse(request.body) as { readonly model: string };
      return sendEvents(response, openAiEvents({ text: `I am ${model}` }));
    });
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    writeFileSync(join(at.home, "config.yml"), JSON.stringify({ v: 1, model: "lab/one", providers }), { mode: 0o600 });
    try {
      const pty = open("chat");
      await pty.waitFor("one local");
      pty.type("hello first\r");
      await pty.waitFor("I am one");
      await pty.waitFor("audit ok");
      pty.type("/model lab/two\r");
      await pty.waitFor("model: lab/two (local)");
      await pty.waitFor("two local");
      pty.type("and you?\r");
      await pty.waitFor("I am two");
      await pty.waitFor("audit ok");
      pty.type("/model\r");
      await pty.waitFor("*  lab/two");
      await pty.waitFor("lab/one");
      await pty.waitFor("audit ok");
      pty.type("/model builtin\r");
      await pty.waitFor("builtin | ask");
      pty.type("\u0004");
      await pty.waitFor("STATUS 0");
      // The second one was given the whole conversation: no session was begun anew.
      expect(server.requests.at(-1)?.body).toContain("hello first");
    } finally {
      rmSync(join(at.home, "config.yml"));
      await server.close();
    }
  });

  it("takes no key that was typed before a question as its answer, and Ctrl+C as no", async () => {
    writeFileSync(
      join(at.cwd, "ask.yml"),
      "- calls: [{ tool: write, args: { path: ahead.txt, content: x } }]\n- text: so\n",
    );
    const pty = open("chat --provider script --script ask.yml");
    await pty.waitFor("audit ok");
    // Typed ahead, in one go with the prompt: none of it may answer the question.
    pty.type("go\ryyy");
    await pty.waitFor("Allow? [n]");
    // Ctrl+C is a no; typed too early it is dropped like any other key.
    await quiet(1_500);
    pty.type("\u0003");
    await pty.waitFor("(not done)");
    await pty.waitFor("so\r");
    await pty.waitFor("\nscript builtin");
    await quiet();
    // What was typed ahead still stands in the input: it is cleared, then the chat ends.
    pty.type("\u0003");
    await pty.waitFor("> \r");
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    await pty.waitFor("icanon echo END");
    expect(existsSync(join(at.cwd, "ahead.txt"))).toBe(false);
  });

  it("gives the terminal back on SIGTERM and closes the record", async () => {
    const pid = join(at.cwd, "../chat.pid");
    const env = { HOME: join(at.cwd, "../me"), AGENTZERO_HOME: at.home, NO_COLOR: "1" };
    const line = `sh -c 'echo $$ > "${pid}"; exec "$@"' sh ${runtimeCommand(ENTRY)} chat${AFTER}`;
    const pty = openPty(line, { cwd: at.cwd, env });
    await pty.waitFor("audit ok");
    pty.type("half a line");
    await pty.waitFor("half a line");
    process.kill(Number(readFileSync(pid, "utf8")), "SIGTERM");
    await pty.waitFor("\u001b[?2004l");
    await pty.waitFor("STATUS 130");
    await pty.waitFor("icanon echo END");
    expect(pty.screen).not.toContain("STATUS 143");
  });

  it("works in a folder without init, on the built-in policy, and says so", async () => {
    const base = sharedDir({ "bare/notes.txt": "hello\n", "me/x": "" });
    const env = { HOME: join(base, "me"), AGENTZERO_HOME: join(base, "home"), NO_COLOR: "1" };
    const pty = openPty(`${runtimeCommand(ENTRY)} chat${AFTER}`, { cwd: join(base, "bare"), env });
    await pty.waitFor("init)");
    await pty.waitFor("audit ok");
    pty.type("hello\r");
    await pty.waitFor("/read");
    await pty.waitFor("audit ok");
    pty.type("read notes.txt\r");
    await pty.waitFor("error: Cannot");
    await pty.waitFor("audit ok");
    pty.type("\u0004");
    await pty.waitFor("STATUS 0");
    expect(existsSync(join(base, "bare/.agentzero"))).toBe(false);
  });

  it("leaves a record that verifies", async () => {
    const ran = await runAgentzero(["audit", "verify", "--all", "--json"], {
      ...at,
      env: { HOME: join(at.cwd, "../me") },
    });
    expect(ran.json()).toMatchObject({ ok: true });
  });
});
