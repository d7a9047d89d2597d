import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import type { AuditLog } from "../../../audit/mod.ts";
import { runCommandLine } from "../../../cli/main.ts";
import type { ProcessHost } from "../../../cli/system/process-host.ts";
import { changePassphrase } from "../../../core/mod.ts";
import { linesOf, makePlace, must, type Place, putLines, recordSession } from "../../audit/support.ts";

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  json(): Record<string, unknown>;
  lines(): Record<string, unknown>[];
}

/** What stops a command line, and what shows its output while it runs. */
interface Given {
  readonly stop?: AbortSignal;
  readonly out?: Sink;
}

/** Runs one command line in this process, without terminal. */
async function az(place: Place, words: readonly string[], given: Given = {}): Promise<Ran> {
  const { stop, out = new Sink() } = given;
  const err = new Sink();
  const host: ProcessHost = {
    stdin: Readable.from([]),
    stdout: out,
    stderr: err,
    tty: { stdin: false, stdout: false, stderr: false, columns: 100, rows: 40 },
    environment: {
      variables: { HOME: place.root, AGENTZERO_HOME: place.home },
      process: {},
      takePassphrase: () => null,
    },
    signal: stop ?? new AbortController().signal,
    columns: () => 100,
    rows: () => 40,
    onResize: () => () => undefined,
    onExit: () => () => {},
    end: () => Promise.resolve(),
  };
  const exit = await runCommandLine([...words, "--cwd", place.project], host);
  return {
    exit,
    stdout: out.text,
    stderr: err.text,
    json: () => JSON.parse(out.text) as Record<string, unknown>,
    lines: () => out.text.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function sessionsOf(place: Place): Promise<readonly unknown[]> {
  return (await az(place, ["audit", "list", "--json"])).json()["sessions"] as readonly unknown[];
}

async function closed(place: Place): Promise<AuditLog> {
  return await recordSession(place, 3);
}

describe("agentzero audit list", () => {
  it("lists sessions for people and as JSON", async () => {
    const place = await makePlace();
    const log = await closed(place);
    expect((await az(place, ["audit", "list", "--json"])).json()).toEqual({
      v: 1,
      sessions: [{
        session: log.session,
        start: "2025-11-20T22:04:09.123Z",
        events: 7,
        denied: 1,
        closed: true,
        dangling: 0,
        readable: true,
      }],
    });
    const shown = await az(place, ["audit", "list"]);
    expect(shown).toMatchObject({ exit: 0 });
    expect(shown.stdout).toMatch(
      /SESSION +START +EVENTS +DENIED +CLOSED +DANGLING +READABLE\nses_\S+ +2025-11-20 22:04:09 +7 +1 +yes +0 +yes\n/,
    );
    expect((await az(place, ["audit", "list", "--json", "--since", "2030-01-01"])).json()).toEqual({
      v: 1,
      sessions: [],
    });
    expect(await az(place, ["audit", "list", "--since", "soon"])).toMatchObject({ exit: 2 });
    expect(await az(place, ["audit", "list", "--handle", "bad handle"])).toMatchObject({ exit: 2 });
    expect(await az(place, ["audit", "list", "--handle", "demo/token"])).toMatchObject({ exit: 0 });
    // What was typed there may be a value.
    expect((await az(place, ["audit", "list", "--handle", "fake-value"])).stderr).not.toContain("fake-value");
  });

  it("says that there is no project, exit 4, and makes no keys", async () => {
    const place = await makePlace();
    rmSync(place.home, { recursive: true });
    const ran = await az({ ...place, project: place.root }, ["audit", "list", "--json"]);
    expect([ran.exit, ran.json()]).toMatchObject([4, { error: { code: "NO_PROJECT" } }]);
    expect(existsSync(place.home)).toBe(false);
  });
});

describe("agentzero audit verify", () => {
  it("prints one line a session and ends with 0", async () => {
    const place = await makePlace();
    const log = await closed(place);
    expect(await az(place, ["audit", "verify", "--all"])).toMatchObject({
      exit: 0,
      stdout: `ok      ${log.session}    7 events  closed  checked full\n`,
    });
    const ran = await az(place, ["audit", "verify", log.session, "--json"]);
    expect(ran.json()).toEqual({
      v: 1,
      ok: true,
      sessions: [{
        session: log.session,
        ok: true,
        events: 7,
        closed: true,
        head: expect.stringMatching(/^b2:[0-9a-f]{64}$/),
        problems: [],
        checked: "full",
        segments: 1,
        dangling: 0,
        torn: 0,
      }],
      problems: [],
    });
  });

  it("ends with 7 and names what is wrong", async () => {
    const place = await makePlace();
    const log = await closed(place);
    putLines(log.file, linesOf(log.file).slice(0, 4));
    const ran = await az(place, ["audit", "verify"]);
    expect(ran.exit).toBe(7);
    expect(ran.stdout).toBe(`FAILED  ${log.session}    2 events  open  TRUNCATED at 2: HEADS has 7; 1 dangling\n`);
    expect((await az(place, ["audit", "verify", "--json"])).json()).toMatchObject({
      ok: false,
      sessions: [{ ok: false, closed: false, problems: [{ code: "TRUNCATED", seq: 2, detail: "HEADS has 7" }] }],
    });
  });

  it("ends with 4 for a session that was never there, with 7 for one that is gone", async () => {
    const place = await makePlace();
    const log = await closed(place);
    expect((await az(place, ["audit", "verify", place.newSession()])).exit).toBe(4);
    expect((await az(place, ["audit", "verify", "nonsense"])).exit).toBe(4);
    rmSync(log.file);
    const ran = await az(place, ["audit", "verify", log.session, "--json"]);
    expect([ran.exit, ran.json()]).toMatchObject([7, { sessions: [{ problems: [{ code: "SESSION_MISSING" }] }] }]);
  });

  it("fails an open session only with --strict", async () => {
    const place = await makePlace();
    const log = await place.open();
    log.append({ event: "intent", execution_id: "exe_1", decision: "allow" });
    expect(await az(place, ["audit", "verify", "--json"])).toMatchObject({ exit: 0 });
    const strict = await az(place, ["audit", "verify", "--strict", "--json"]);
    expect([strict.exit, strict.json()]).toMatchObject([7, {
      ok: false,
      sessions: [{ ok: false, dangling: 1, problems: [] }],
    }]);
    await log.close("ok");
  });

  it("takes a pinned key, an anchor and somebody else's reading key", async () => {
    const [place, stranger] = [await makePlace(), await makePlace("stranger")];
    const log = await closed(place);
    await closed(stranger);
    const pub = join(place.home, "keys", "audit-sign.pub");
    const printed = await az(place, ["audit", "keys", "pub"]);
    expect(printed.stdout).toBe(readFileSync(pub, "utf8"));
    const pinned = await az(place, ["audit", "verify", "--pub", pub, "--json"]);
    expect([pinned.exit, pinned.json()]).toMatchObject([0, { sessions: [{ checked: "public" }] }]);
    const wrong = await az(place, [
      "audit",
      "verify",
      "--pub",
      join(stranger.home, "keys", "audit-sign.pub"),
      "--json",
    ]);
    expect(wrong).toMatchObject({ exit: 7 });
    const anchor = join(place.root, "anchor");
    copyFileSync(join(place.dir, "HEADS"), anchor);
    expect(await az(place, ["audit", "verify", "--anchor", anchor])).toMatchObject({ exit: 0 });
    putLines(log.file, linesOf(log.file).slice(0, 4));
    rmSync(join(place.dir, "HEADS"));
    rmSync(join(place.home, "trust", "HEADS"));
    const found = await az(place, ["audit", "verify", "--anchor", anchor, "--json"]);
    expect([found.exit, found.json()]).toMatchObject([7, { sessions: [{ problems: [{ code: "TRUNCATED" }] }] }]);
    expect((await az(place, ["audit", "verify", "--anchor", join(place.root, "none")])).exit).toBe(4);
    expect((await az(place, ["audit", "verify", "--pub", anchor])).exit).not.toBe(0);
    const key = join(stranger.home, "keys", "audit-box.key");
    expect((await az(place, ["audit", "verify", "--key", key, "--json"])).json()).toMatchObject({
      sessions: [{ checked: "public" }],
    });
  });
});

describe("agentzero audit show", () => {
  it("prints one decrypted event a line", async () => {
    const place = await makePlace();
    const log = await closed(place);
    const ran = await az(place, ["audit", "show", log.session, "--json"]);
    expect(ran.exit).toBe(0);
    expect(ran.lines().map(({ seq, event }) => [seq, event])).toEqual([
      [1, "session.start"],
      [2, "intent"],
      [3, "result"],
      [4, "intent"],
      [5, "result"],
      [6, "intent"],
      [7, "session.end"],
    ]);
    expect((await az(place, ["audit", "show", log.session, "--json", "--decision", "deny"])).lines()).toMatchObject([{
      seq: 6,
      rule: "no",
    }]);
    expect((await az(place, ["audit", "show", log.session, "--seq", "6"])).stdout).toMatch(/decision +deny\n/);
    expect(linesOf(join(place.dir, "HEADS")).at(-1)).toContain('"kind":"read"');
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
  });

  it("finds a call and an execution, and says when there is none", async () => {
    const place = await makePlace();
    const log = await place.open();
    log.append({
      event: "intent",
      call: "call_01KAHMQQ13RSB0KG3EEJ48S30J",
      execution_id: "exe_01KAHMQQ13RSB0KG3EEJ48S30J",
    });
    await log.close("ok");
    for (const id of ["call_01KAHMQQ13RSB0KG3EEJ48S30J", "exe_01KAHMQQ13RSB0KG3EEJ48S30J"]) {
      expect((await az(place, ["audit", "show", id, "--json"])).lines()).toMatchObject([{ seq: 2, event: "intent" }]);
    }
    for (const id of ["exe_01KAHMQQ13RSB0KG3EEJ48S30K", place.newSession(), "x"]) {
      expect([id, (await az(place, ["audit", "show", id])).exit]).toEqual([id, 4]);
    }
    expect((await az(place, ["audit", "show", log.session, "--seq", "99"])).exit).toBe(4);
    expect((await az(place, ["audit", "show", log.session, "--seq", "two"])).exit).toBe(2);
  });

  it("prints a proof that verify accepts, and a changed one it does not", async () => {
    const place = await makePlace();
    const log = await closed(place);
    const proof = (await az(place, ["audit", "show", log.session, "--seq", "2", "--proof"])).json();
    const file = join(place.root, "proof.json");
    writeFileSync(file, JSON.stringify(proof));
    expect(await az(place, ["audit", "verify", "--proof", file])).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^ok {2}ses_\S+ {2}event 2/),
    });
    writeFileSync(file, JSON.stringify({ ...proof, index: 1 }));
    expect((await az(place, ["audit", "verify", "--proof", file, "--json"])).json()).toMatchObject({
      ok: false,
      problems: [{ code: "ROOT_MISMATCH" }],
    });
    writeFileSync(file, "{}");
    expect((await az(place, ["audit", "verify", "--proof", file])).exit).toBe(7);
  });
});

async function locked(): Promise<{ readonly place: Place; readonly log: AuditLog; readonly file: string }> {
  const place = await makePlace();
  const log = await recordSession(place, 3, { settings: { clear: ["event", "decision"] } });
  const { home, keys, clock, random } = place;
  await changePassphrase({ home, keys, clock, random }, "correct horse battery");
  const file = join(place.root, "passphrase");
  writeFileSync(file, "correct horse battery\n", { mode: 0o600 });
  return { place, log, file };
}

describe("a locked record", () => {
  it("is listed and verified without content", async () => {
    const { place, log } = await locked();
    const list = await az(place, ["audit", "list", "--json"]);
    expect(list.json()).toMatchObject({ sessions: [{ denied: null, dangling: null, readable: false, events: 7 }] });
    expect((await az(place, ["audit", "list"])).stdout).toMatch(/ 7 +- +yes +- +no\n/);
    const verified = await az(place, ["audit", "verify", log.session, "--json"]);
    expect([verified.exit, verified.json()]).toMatchObject([0, { sessions: [{ checked: "public", dangling: null }] }]);
    const tail = await az(place, ["audit", "tail", "--json", "-n", "2"]);
    expect([tail.exit, tail.lines()]).toMatchObject([0, [{ seq: 6, locked: true, event: "intent", decision: "deny" }, {
      seq: 7,
    }]]);
  });

  test.for(["show", "stats", "export", "report"])("refuses %s with AUDIT_LOCKED, exit 1", async (command) => {
    const { place, log } = await locked();
    const more = {
      show: [log.session],
      stats: [],
      export: ["--format", "jsonl"],
      report: ["--out", join(place.root, "r.html")],
    };
    const ran = await az(place, ["audit", command, ...(more[command as keyof typeof more]), "--json"]);
    expect([ran.exit, ran.json()]).toMatchObject([1, {
      error: { code: "AUDIT_LOCKED", hint: expect.stringContaining("--passphrase-file") },
    }]);
  });

  it("is not called sound when all of it was to be decrypted, and none of it could be", async () => {
    const { place, log } = await locked();
    const stranger = await makePlace("stranger");
    const other = join(stranger.home, "keys", "audit-box.key");
    const all = await az(place, ["audit", "verify", "--key", "--json"]);
    expect([all.exit, all.json()]).toMatchObject([1, { error: { code: "AUDIT_LOCKED" } }]);
    const foreign = await az(place, ["audit", "verify", log.session, "--key", other, "--json"]);
    expect([foreign.exit, foreign.json()]).toMatchObject([1, { error: { code: "AUDIT_LOCKED" } }]);
    // What is damaged is told first of all, and needs no key.
    putLines(log.file, linesOf(log.file).slice(0, -2));
    expect((await az(place, ["audit", "verify", "--key", "--json"])).exit).toBe(7);
  });

  it("opens with the passphrase", async () => {
    const { place, log, file } = await locked();
    const ran = await az(place, ["audit", "show", log.session, "--json", "--passphrase-file", file]);
    expect([ran.exit, ran.lines()]).toMatchObject([0, [{ event: "session.start" }, {}, {}, {}, {}, {}, {}]]);
    expect((await az(place, ["audit", "verify", "--key", "--json", "--passphrase-file", file])).json()).toMatchObject({
      sessions: [{ checked: "full" }],
    });
  });
});

describe("a damaged record", () => {
  it("is shown, counted and handed out as far as it can be read, and each says so with exit 7", async () => {
    const place = await makePlace();
    const log = await recordSession(place, 4);
    const lines = linesOf(log.file);
    const at = lines.findIndex((line) => line.includes('"seq":4,'));
    putLines(
      log.file,
      lines.with(
        at,
        must(lines[at]).replace(/"ct":"./, (start) => start.replace(/.$/, (char) => char === "A" ? "B" : "A")),
      ),
    );
    for (const words of [["show", log.session], ["stats"], ["export", "--format", "jsonl"]]) {
      const ran = await az(place, ["audit", ...words, "--json"]);
      expect([words[0], ran.exit]).toEqual([words[0], 7]);
      expect(ran.stderr).toContain("agentzero audit verify");
      expect(ran.stderr).not.toContain("another reader");
      expect(ran.stdout).toMatch(/session\.start|"events":3/);
    }
    const out = join(place.root, "report.html");
    expect((await az(place, ["audit", "report", "--all", "--out", out])).exit).toBe(0);
    expect(readFileSync(out, "utf8")).toContain("Not sound");
  });
});

describe("agentzero audit tail", () => {
  it("shows the newest events of the newest session", async () => {
    const place = await makePlace();
    await closed(place);
    const log = await recordSession(place, 20);
    const ran = await az(place, ["audit", "tail", "-n", "3", "--json"]);
    expect(ran.lines().map(({ session_id: session, event }) => [session, event])).toEqual([
      [log.session, "intent"],
      [log.session, "result"],
      [log.session, "session.end"],
    ]);
    expect((await az(place, ["audit", "tail"])).stdout.trimEnd().split("\n")).toHaveLength(20);
    expect((await az(place, ["audit", "tail", "-n", "x"])).exit).toBe(2);
  });

  it("follows until it is interrupted", async () => {
    const place = await makePlace();
    const log = await place.open();
    const stop = new AbortController();
    const shown = new Sink();
    const running = az(place, ["audit", "tail", "-f", "-n", "0", "--json"], { stop: stop.signal, out: shown });
    await expect.poll(() => linesOf(join(place.dir, "HEADS")).at(-1)).toContain('"kind":"read"');
    log.append({ event: "intent", reason: "while you look" });
    await log.close("ok");
    await expect.poll(() => shown.text).toContain("session.end");
    stop.abort();
    const ran = await running;
    expect([ran.exit, ran.lines().map(({ event }) => event)]).toEqual([130, ["intent", "session.end"]]);
  });

  it("has nothing to show before the first session", async () => {
    const place = await makePlace();
    mkdirSync(place.dir, { recursive: true });
    expect((await az(place, ["audit", "tail"])).exit).toBe(4);
  });
});

describe("agentzero audit stats, export and report", () => {
  it("says where it cannot write, and begins a page with its kind", async () => {
    const place = await makePlace();
    await closed(place);
    const page = await az(place, ["audit", "export", "--format", "html", "--all"]);
    expect(page.stdout.startsWith("<!doctype html>")).toBe(true);
    const away = join(place.root, "no-such-folder", "a.html");
    const ran = await az(place, ["audit", "export", "--format", "html", "--all", "--out", away]);
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain(`there is no folder "${join(place.root, "no-such-folder")}"`);
  });

  it("writes through a FIFO and to what a link leads to, and never over its own files", async () => {
    const place = await makePlace();
    await closed(place);
    const [fifo, real, link] = ["fifo", "real.csv", "link.csv"].map((name) => join(place.root, name)) as [
      string,
      string,
      string,
    ];
    function write(out: string): Promise<Ran> {
      return az(place, ["audit", "export", "--format", "csv", "--all", "--out", out, "--json"]);
    }
    execFileSync("mkfifo", [fifo]);
    const [ran, read] = await Promise.all([write(fifo), readFile(fifo, "utf8")]);
    expect([ran.exit, read.startsWith("seq,session,"), statSync(fifo).isFIFO()]).toEqual([0, true, true]);
    writeFileSync(real, "old");
    symlinkSync("real.csv", link);
    expect((await write(link)).exit).toBe(0);
    expect([readFileSync(real, "utf8") === read, lstatSync(link).isSymbolicLink()]).toEqual([true, true]);
    for (const own of [join(place.dir, "HEADS"), join(place.home, "keys", "audit-box.pub")]) {
      const before = readFileSync(own, "utf8");
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await write(own)).json()).toMatchObject({ error: { code: "INPUT_INVALID" } });
      // Each look leaves a line in the ledger.
      expect(readFileSync(own, "utf8").startsWith(before)).toBe(true);
    }
  });

  it.each(["/dev/zero", "."])("takes no %s for a proof, which would never end", async (path) => {
    const place = await makePlace();
    await closed(place);
    const said = await az(place, ["audit", "verify", "--proof", path, "--json"]);
    expect([said.exit, said.json()]).toMatchObject([2, { error: { code: "INPUT_INVALID" } }]);
  });

  it("ends with 4 for a proof that is not there", async () => {
    const place = await makePlace();
    await closed(place);
    expect(await az(place, ["audit", "verify", "--proof", "missing.json"])).toMatchObject({ exit: 4 });
  });

  it("counts", async () => {
    const place = await makePlace();
    await closed(place);
    expect((await az(place, ["audit", "stats", "--json"])).json()).toEqual({
      v: 1,
      sessions: 1,
      events: 7,
      by: { decision: { allow: 2, deny: 1 }, capability: { file_read: 3 }, tool: {}, rule: { no: 1 } },
      approvals: { count: 0, p50_ms: null, p95_ms: null },
      redactions: {},
    });
    expect((await az(place, ["audit", "stats"])).stdout).toMatch(
      /^1 sessions, 7 events, 0 approvals\nDECISION\n {2}allow +2\n {2}deny +1\n/,
    );
  });

  test.for(["jsonl", "csv", "html", "ocsf", "otlp"])(
    "exports %s to stdout and to a file of mode 0600",
    async (format) => {
      const place = await makePlace();
      await closed(place);
      const printed = await az(place, ["audit", "export", "--format", format]);
      expect([printed.exit, printed.stdout.length > 500]).toEqual([0, true]);
      const out = join(place.root, "out");
      expect((await az(place, ["audit", "export", "--format", format, "--all", "--out", out])).exit).toBe(0);
      expect(statSync(out).mode & 0o777).toBe(0o600);
      expect(readFileSync(out, "utf8").length).toBeGreaterThan(500);
    },
  );

  it("refuses an unknown format and an id together with --all", async () => {
    const place = await makePlace();
    const log = await closed(place);
    expect(await az(place, ["audit", "export", "--format", "cvs"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('did you mean "csv"'),
    });
    expect((await az(place, ["audit", "export", log.session, "--all", "--format", "csv"])).exit).toBe(2);
    expect((await az(place, ["audit", "export"])).exit).toBe(2);
  });

  it("writes a page that says what verify found", async () => {
    const place = await makePlace();
    const log = await closed(place);
    const out = join(place.root, "report.html");
    expect(await az(place, ["audit", "report", "--all", "--out", out])).toMatchObject({ exit: 0 });
    expect(readFileSync(out, "utf8")).toContain("Verified");
    expect(readFileSync(out, "utf8")).toContain(log.session);
    putLines(log.file, linesOf(log.file).toSpliced(3, 1));
    expect(await az(place, ["audit", "report", "--all", "--out", out, "--json"])).toMatchObject({ exit: 0 });
    expect(readFileSync(out, "utf8")).toContain("Not sound");
  });
});

describe("agentzero audit keys", () => {
  it("lists who signs and who reads, and says what that protects", async () => {
    const place = await makePlace();
    await closed(place);
    const { auditSign, auditBox } = place.keys;
    expect((await az(place, ["audit", "keys", "--json"])).json()).toMatchObject({
      v: 1,
      identity: { kid: auditSign.kid },
      reader: { kid: auditBox.kid, older: [] },
      recipients: "self",
      readers: [auditBox.kid],
      passphrase: false,
    });
    expect((await az(place, ["audit", "keys", "list"])).stdout).toContain("not against a program that runs as you");
    expect((await az(place, ["audit", "keys", "pub", "--reader"])).stdout).toMatch(
      /^azpub\/1 audit-box [0-9a-f]{16} \S{44}\n$/,
    );
  });

  it("makes a new reading key, records it, and still reads what is older", async () => {
    const place = await makePlace();
    const log = await closed(place);
    const ran = await az(place, ["audit", "keys", "rotate", "--json"]);
    expect(ran.exit).toBe(0);
    expect(ran.json()["before"]).toBe(place.keys.auditBox.kid);
    expect((await az(place, ["audit", "show", log.session, "--json"])).lines()).toHaveLength(7);
    expect((await az(place, ["audit", "tail", "--json"])).lines().map(({ event }) => event)).toContain("key.change");
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
  });

  it("makes a new identity that the old one vouches for", async () => {
    const place = await makePlace();
    await closed(place);
    expect(await az(place, ["audit", "keys", "rotate", "--identity"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
    expect((await az(place, ["audit", "keys", "pub"])).stdout).not.toContain(place.keys.auditSign.kid);
  });

  it("keeps the vault usable under a new identity", async () => {
    const place = await makePlace();
    await closed(place);
    expect(await az(place, ["key", "generate", "example-org"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "keys", "rotate", "--identity"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["vault", "list"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
  });

  it("keeps vault and record usable when a change of identity was killed before the new one took effect", async () => {
    const place = await makePlace();
    await closed(place);
    expect(await az(place, ["key", "generate", "example-org"])).toMatchObject({ exit: 0 });
    const names = ["audit-sign.key", "audit-sign.pub"].map((name) => join(place.home, "keys", name));
    const old = names.map((name) => readFileSync(name));
    expect(await az(place, ["audit", "keys", "rotate", "--identity"])).toMatchObject({ exit: 0 });
    // The files of the keys change last: with the earlier ones in their place it is as if it had been killed there.
    for (const [at, bytes] of old.entries()) writeFileSync(must(names[at]), bytes);
    expect(await az(place, ["vault", "list"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "keys", "rotate", "--identity"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["vault", "list"])).toMatchObject({ exit: 0 });
    expect(await az(place, ["audit", "verify"])).toMatchObject({ exit: 0 });
  });

  it("sets and removes a passphrase without a terminal", async () => {
    const place = await makePlace();
    const log = await closed(place);
    const file = join(place.root, "new");
    writeFileSync(file, "correct horse battery\n", { mode: 0o600 });
    expect((await az(place, ["audit", "keys", "passphrase"])).exit).toBe(2);
    expect(await az(place, ["audit", "keys", "passphrase", "--new-passphrase-file", file])).toMatchObject({ exit: 0 });
    expect((await az(place, ["audit", "show", log.session])).exit).toBe(1);
    expect((await az(place, ["audit", "keys", "passphrase", "--remove"])).exit).toBe(1);
    expect(await az(place, ["audit", "keys", "passphrase", "--remove", "--passphrase-file", file])).toMatchObject({
      exit: 0,
    });
    expect((await az(place, ["audit", "show", log.session])).exit).toBe(0);
  });

  it("records no change of keys that did not happen", async () => {
    const place = await makePlace();
    await closed(place);
    const file = join(place.root, "new");
    writeFileSync(file, "short\n", { mode: 0o600 });
    const keys = ["audit", "keys"];
    const set = [...keys, "passphrase", "--new-passphrase-file", file, "--json"];
    expect(await az(place, [...keys, "passphrase", "--remove", "--json"])).toMatchObject({
      exit: 0,
      stdout: '{"v":1,"passphrase":false}\n',
    });
    expect((await az(place, [...keys, "passphrase", "--remove"])).stdout).toContain("nothing was changed");
    expect((await az(place, set)).json()).toMatchObject({ error: { code: "ARGS_INVALID" } });
    expect((await az(place, [...set, "--remove"])).json()).toMatchObject({ error: { code: "USAGE" } });
    expect(await sessionsOf(place)).toHaveLength(1);
    writeFileSync(file, "correct horse battery\n", { mode: 0o600 });
    expect((await az(place, set)).exit).toBe(0);
    for (const words of [["rotate"], ["passphrase", "--remove"], ["passphrase", "--new-passphrase-file", file]]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await az(place, [...keys, ...words, "--json"])).json()).toMatchObject({ error: { code: "KEY_LOCKED" } });
    }
    expect(await sessionsOf(place)).toHaveLength(2);
  });

  it("adds and removes readers in the person's own configuration, comments kept", async () => {
    const [place, auditor] = [await makePlace(), await makePlace("auditor")];
    mkdirSync(join(place.project, ".agentzero"), { recursive: true });
    const config = join(place.home, "config.yml");
    writeFileSync(config, "# mine\nv: 1\nmodel: ollama/x # fast\n", { mode: 0o600 });
    const pub = join(auditor.home, "keys", "audit-box.pub");
    const { kid } = auditor.keys.auditBox;
    expect((await az(place, ["audit", "keys", "recipient", "add", pub, "--json"])).json()).toEqual({
      v: 1,
      recipients: "both",
      added: kid,
    });
    expect(readFileSync(config, "utf8")).toMatch(/^# mine\nv: 1\nmodel: ollama\/x # fast\naudit:\n/);
    expect((await az(place, ["audit", "keys", "--json"])).json()["readers"]).toEqual([place.keys.auditBox.kid, kid]);
    expect((await az(place, ["audit", "keys", "recipient", "add", join(auditor.home, "keys", "audit-sign.pub")])).exit)
      .not.toBe(0);
    expect((await az(place, ["audit", "keys", "recipient", "rm", kid, "--json"])).json()).toEqual({
      v: 1,
      recipients: "self",
      removed: kid,
    });
    expect((await az(place, ["audit", "keys", "recipient", "rm", kid])).exit).toBe(4);
    expect(must((await az(place, ["audit", "keys", "--json"])).json()["readers"])).toEqual([place.keys.auditBox.kid]);
  });
});
