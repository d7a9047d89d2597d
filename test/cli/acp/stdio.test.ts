import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ENTRY, initialise, runAgentzero, startAgentzero } from "../../support/run-agentzero.ts";
import { sharedDir, tempDir } from "../../support/temp-dir.ts";
import { until } from "../../support/acp.ts";
import { isThere } from "../../support/is-there.ts";

const at = { cwd: "", home: "" };

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "me/x": "" });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

/** The compiled agent on pipes, driven line by line. */
class Raw {
  readonly child: ReturnType<typeof startAgentzero>;
  readonly ended: Promise<number | null>;
  out = "";
  err = "";

  constructor(args: readonly string[] = [], where: { readonly cwd: string; readonly home: string } = at) {
    this.child = startAgentzero(["acp", ...args], { ...where, env: { HOME: join(where.home, "../me") } });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => void (this.out += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => void (this.err += text));
    this.child.stdin?.on("error", () => undefined);
    this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  send(...messages: readonly unknown[]): void {
    for (const message of messages) {
      this.child.stdin?.write(typeof message === "string" ? message : `${JSON.stringify(message)}\n`);
    }
  }

  /** Deno reports an end by a signal for whatever its own `kill` was called on, however it ended. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.child.pid ?? 0, name);
  }

  messages(): readonly Record<string, unknown>[] {
    // Whoever reads gets what is there: the end of the last line may not have come yet.
    const complete = this.out.slice(0, this.out.lastIndexOf("\n") + 1);
    return complete.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  async answer(id: number): Promise<Record<string, unknown>> {
    await until(() => this.messages().some((message) => message["id"] === id && !("method" in message)));
    return this.messages().find((message) => message["id"] === id && !("method" in message)) ?? {};
  }
}

const INIT = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: 1 } };

function call(id: number, method: string, params: unknown): unknown {
  return { jsonrpc: "2.0", id, method, params };
}

describe("agentzero acp on pipes", () => {
  it("answers initialize first, in an empty home, and writes nothing", async () => {
    const folder = tempDir();
    const raw = new Raw([], { cwd: folder, home: join(folder, "home") });
    raw.send({ ...INIT, params: { protocolVersion: 99, clientCapabilities: { auth: { terminal: true } } } });
    const { result } = await raw.answer(1);
    expect(result).toMatchObject({ protocolVersion: 1, agentInfo: { name: "agentzero" } });
    expect(result).toMatchObject({
      authMethods: [{ id: "local" }, { id: "setup", type: "terminal", args: ["--setup"] }],
    });
    raw.child.stdin?.end();
    expect(await raw.ended).toBe(0);
    expect(existsSync(join(folder, "home"))).toBe(false);
  });

  it("refuses what comes before initialize, garbage, batches and unknown methods, and lives on", async () => {
    const raw = new Raw();
    raw.send(call(9, "session/new", { cwd: at.cwd, mcpServers: [] }));
    expect(await raw.answer(9)).toMatchObject({ error: { code: -32600 } });
    raw.send("this is no json\n", "[1,2]\n", "\n");
    raw.send(INIT);
    await raw.answer(1);
    raw.send(call(2, "session/nothing", {}), call(3, "session/new", { cwd: 7 }));
    expect(await raw.answer(2)).toMatchObject({ error: { code: -32601 } });
    expect(await raw.answer(3)).toMatchObject({ error: { code: -32602 } });
    expect(raw.messages().filter(({ id }) => id === null).length).toBeGreaterThanOrEqual(2);
    raw.send(call(4, "session/new", { cwd: at.cwd, mcpServers: [] }));
    expect(await raw.answer(4)).toMatchObject({ result: { modes: { currentModeId: "ask" } } });
    raw.child.stdin?.end();
    expect(await raw.ended).toBe(0);
  });

  it("ends with 1 and one line after a message that is far too large", async () => {
    const raw = new Raw();
    raw.send(INIT);
    await raw.answer(1);
    const mib = "x".repeat(1_048_576);
    for (let sent = 0; sent < 20; sent++) raw.send(mib);
    raw.send("\n");
    expect(await raw.ended).toBe(1);
    expect(raw.err).toContain("the connection is closed");
    for (const message of raw.messages()) expect(message).toHaveProperty("jsonrpc");
  });

  it("ends in order when its input ends in the middle of a message, or on a signal while a command runs", async () => {
    const cut = new Raw();
    cut.send(INIT);
    await cut.answer(1);
    cut.send('{"jsonrpc":"2.0","id":5,"meth');
    cut.child.stdin?.end();
    expect(await cut.ended).toBe(0);

    const script = join(at.home, "sleep.yml");
    writeFileSync(script, '- calls: [{tool: shell, args: {command: "echo on; sleep 60"}}]\n');
    const busy = new Raw(["--provider", "script", "--script", script]);
    busy.send(INIT);
    await busy.answer(1);
    busy.send(call(2, "session/new", { cwd: at.cwd, mcpServers: [] }));
    const opened = await busy.answer(2);
    const { sessionId } = Object(opened["result"]);
    busy.send(call(3, "session/prompt", { sessionId, prompt: [{ type: "text", text: "go" }] }));
    await until(() => busy.out.includes("in_progress"));
    busy.signal("SIGTERM");
    expect(await busy.ended).toBe(0);
    const record = join(at.cwd, ".agentzero/audit", `${sessionId}.jsonl`);
    expect(existsSync(record)).toBe(true);
    expect(readFileSync(record, "utf8").trim().split("\n").at(-1)).toContain('"');
  });

  it("says on the wire that a session is unknown, and prints nothing of its own", async () => {
    const raw = new Raw();
    raw.send(INIT);
    await raw.answer(1);
    raw.send(call(2, "session/close", { sessionId: "ses_x" }), call(3, "session/delete", { sessionId: "ses_x" }));
    raw.send({ jsonrpc: "2.0", method: "session/cancel", params: { sessionId: "ses_x" } });
    raw.send({ jsonrpc: "2.0", method: "_own/thing", params: {} });
    raw.send({ jsonrpc: "2.0", method: "session/cancel", params: {} });
    expect(await raw.answer(2)).toMatchObject({ error: { code: -32002, data: { code: "SESSION_NOT_FOUND" } } });
    expect(await raw.answer(3)).toMatchObject({ result: {} });
    // A line for the log of the editor says which notification it was.
    await until(() => raw.err.includes('"method":"session/cancel"'));
    raw.signal("SIGHUP");
    expect(await raw.ended).toBe(0);
    for (const message of raw.messages()) expect(message).toHaveProperty("jsonrpc");
  });

  it("takes a cancel for the prompts before it and none behind it, however close they stand", async () => {
    const raw = new Raw();
    raw.send(INIT);
    await raw.answer(1);
    raw.send(call(2, "session/new", { cwd: at.cwd, mcpServers: [] }));
    const opened = await raw.answer(2);
    const { sessionId } = Object(opened["result"]);
    const cancel = { jsonrpc: "2.0", method: "session/cancel", params: { sessionId } };
    const lines = [3, 4, 5].map((id) =>
      call(id, "session/prompt", { sessionId, prompt: [{ type: "text", text: "/shell sleep 20" }] })
    );
    const last = call(6, "session/prompt", { sessionId, prompt: [{ type: "text", text: "help" }] });
    // All in one piece: a cancel without a turn, three prompts, a cancel, a prompt.
    raw.send([cancel, ...lines, cancel, last].map((message) => `${JSON.stringify(message)}\n`).join(""));
    for (const id of [3, 4, 5]) expect(await raw.answer(id)).toMatchObject({ result: { stopReason: "cancelled" } });
    expect(await raw.answer(6)).toMatchObject({ result: { stopReason: "end_turn" } });
    raw.send(`${JSON.stringify(cancel)}\n${JSON.stringify({ ...Object(last), id: 7 })}\n`);
    expect(await raw.answer(7)).toMatchObject({ result: { stopReason: "end_turn" } });
    raw.child.stdin?.end();
    expect(await raw.ended).toBe(0);
  });

  it("leaves nothing behind when its client closes the pipe that answers go into", async () => {
    const gone = new Raw();
    gone.send(INIT);
    await gone.answer(1);
    gone.child.stdout?.destroy();
    gone.send(call(2, "session/nothing", {}));
    await new Promise((resolve) => gone.child.on("exit", resolve));
    expect(gone.child.exitCode).toBe(0);
  });

  it.for(["the end of its input", "SIGTERM"] as const)(
    "ends at %s whatever a client leaves unread, with the record closed",
    async (how) => {
      const script = join(at.home, "long.yml");
      writeFileSync(script, `- text: "${"many words ".repeat(80_000)}"\n`);
      const child = startAgentzero(["acp", "--provider", "script", "--script", script], {
        ...at,
        env: { HOME: join(at.home, "../me") },
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      const ended = new Promise((resolve) => child.on("exit", resolve));
      let out = "";
      child.stdout?.on("data", (chunk: Uint8Array) => void (out += new TextDecoder().decode(chunk)));
      function send(...messages: readonly unknown[]): void {
        for (const message of messages) child.stdin?.write(`${JSON.stringify(message)}\n`);
      }
      send(INIT);
      await until(() => out.includes("agentInfo"));
      send(call(2, "session/new", { cwd: at.cwd, mcpServers: [] }));
      await until(() => out.includes("available_commands_update"));
      const sessionId = /"sessionId":"(ses_\w+)"/.exec(out)?.[1] ?? "";
      child.stdout?.removeAllListeners("data");
      child.stdout?.pause();
      send(call(3, "session/prompt", { sessionId, prompt: [{ type: "text", text: "go on" }] }));
      // What fills the pipe for good: a long reply, and answers that nobody takes.
      for (let id = 10; id < 300; id++) send(call(id, "session/list", { cwd: at.cwd }));
      if (how === "SIGTERM") process.kill(child.pid ?? 0, how);
      else child.stdin?.end();
      expect(await ended).toBe(0);
      const verified = await runAgentzero(["audit", "verify", sessionId, "--json"], {
        ...at,
        env: { HOME: join(at.home, "../me") },
      });
      expect(verified.json()).toMatchObject({ ok: true, sessions: [{ closed: true, problems: [] }] });
    },
  );

  it.skipIf(process.platform === "win32")("ends when the process that started it dies without a word", async () => {
    const words = [...(process.versions["deno"] === undefined ? [] : ["run", "-A"]), ENTRY, "acp"];
    // A pipe that both ends of are ours: the end of its input tells the agent nothing.
    const pipe = join(tempDir(), "in");
    spawnSync("mkfifo", [pipe]);
    const input = openSync(pipe, constants.O_RDWR);
    onTestFinished(() => closeSync(input));
    const shell = spawn("/bin/sh", ["-c", '"$@" <"$0" & echo $! >&2; wait', pipe, process.execPath, ...words], {
      cwd: at.cwd,
      env: { PATH: process.env["PATH"], HOME: join(at.home, "../me"), AGENTZERO_HOME: at.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const seen = { out: "", err: "" };
    shell.stdout.on("data", (chunk: Uint8Array) => void (seen.out += new TextDecoder().decode(chunk)));
    shell.stderr.on("data", (chunk: Uint8Array) => void (seen.err += new TextDecoder().decode(chunk)));
    writeSync(input, `${JSON.stringify(INIT)}\n`);
    await until(() => seen.out.includes('"agentInfo"'));
    const pid = Number(/\d+/.exec(seen.err)?.[0]);
    onTestFinished(() => endIfThere(pid));
    shell.kill("SIGKILL");
    await until(() => !isThere(pid));
    expect(isThere(pid)).toBe(false);
  });

  it.for(["acp --setup", "--setup"])("sets up by `%s`, and says when something is missing", async (line) => {
    const words = line.split(" ");
    const base = tempDir();
    const fresh = { cwd: join(base, "shop"), home: join(base, "home") };
    mkdirSync(fresh.cwd);
    const env = { HOME: join(base, "me") };
    mkdirSync(env.HOME);
    const made = await runAgentzero(words, { ...fresh, env });
    expect([made.exit, existsSync(join(fresh.cwd, ".agentzero/policy.yml"))]).toEqual([0, true]);
    expect(made.stdout).toMatch(/^ok +policy +trusted/m);
    writeFileSync(join(fresh.cwd, ".agentzero/policy.yml"), "version: 3\n");
    expect((await runAgentzero(words, { ...fresh, env })).exit).toBe(1);
  });

  it.skipIf(process.platform !== "linux")("holds four idle sessions in 160 MB", async () => {
    const raw = new Raw();
    raw.send(INIT);
    await raw.answer(1);
    for (const id of [2, 3, 4, 5]) {
      raw.send(call(id, "session/new", { cwd: at.cwd, mcpServers: [] }));
      expect(await raw.answer(id)).toHaveProperty("result");
    }
    const status = readFileSync(`/proc/${raw.child.pid}/status`, "utf8");
    expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024).toBeLessThan(160);
    raw.child.stdin?.end();
    expect(await raw.ended).toBe(0);
  });

  it.for(["zed", "vscode"])("starts by the very command that `init --editor %s` prints", async (editor) => {
    const said = await runAgentzero(["init", "--editor", editor], { ...at, env: { HOME: join(at.home, "../me") } });
    expect(said.exit).toBe(0);
    const snippet: unknown = JSON.parse(/^\{.*\}$/m.exec(said.stdout)?.[0] ?? "null");
    const { command, args } = Object(editor === "zed" ? Object(snippet).agent_servers.AgentZero : snippet);
    expect(isAbsolute(command)).toBe(true);
    const child = spawn(command, args, {
      cwd: "/",
      env: { HOME: at.home, TERM: "dumb" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let out = "";
    child.stdout.on("data", (chunk: Uint8Array) => void (out += new TextDecoder().decode(chunk)));
    child.stdin.write(`${JSON.stringify(INIT)}\n`);
    await until(() => out.includes("\n"));
    const [first = ""] = out.split("\n");
    expect(JSON.parse(first)).toMatchObject({ id: 1, result: { authMethods: [{ id: "local" }] } });
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  });
});

function endIfThere(pid: number): void {
  if (isThere(pid)) process.kill(pid, "SIGKILL");
}
