import { appendFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import {
  type AuditEvent,
  type AuditLog,
  createExporter,
  EXPORT_FORMATS,
  findCall,
  listSessions,
  parseFilter,
  proveEvent,
  readSession,
  redactEvent,
  Report,
  SessionTail,
  StatsCollector,
  type StoredEvent,
  verify,
  verifyProof,
  walkSessions,
} from "../../audit/mod.ts";
import { csvCell } from "../../audit/export/csv.ts";
import { toBase64 } from "../../core/mod.ts";
import { eventsOf, makePlace, must, NOW, type Place, recordCalls, recordSession, verifyOptions } from "./support.ts";

function secretOf(place: Place): (kid: string) => Uint8Array | null {
  return (kid) => place.keys.auditBoxSecret(kid);
}

function NOBODY(): null {
  return null;
}
const CALL = "call_01KAHMQQ13RSB0KG3EEJ48S30J";
const EXE = "exe_01KAHMQQ13RSB0KG3EEJ48S30J";

/** A session with one call of each kind, hostile texts included. */
async function colourful(place: Place): Promise<AuditLog> {
  const log = await place.open();
  const events: readonly AuditEvent[] = [
    {
      event: "intent",
      call: CALL,
      execution_id: EXE,
      tool: "read",
      capability: "file_read",
      decision: "allow",
      rule: "read-project",
      layer: "project",
      runtime: "host-readonly",
      actions: [{ capability: "file_read", target: "/p/<script>alert(1)</script>.ts" }],
    },
    {
      event: "result",
      call: CALL,
      execution_id: EXE,
      result: { status: "ok", ms: 4 },
      redactions: [{ class: "secret", count: 2, by: "exact" }],
    },
    {
      event: "intent",
      execution_id: "exe_2",
      tool: "read",
      capability: "file_read",
      decision: "deny",
      rule: "no-env",
      layer: "user",
      reason: '=cmd|"/c calc"!A1',
      actions: [{ target: "/p/.env" }],
    },
    {
      event: "intent",
      execution_id: "exe_3",
      tool: "write",
      capability: "file_write",
      decision: "requires_approval",
      rule: "ask",
      layer: "project",
      actions: [{ target: "/p/\u202Esrc\u0007\"'&.ts" }],
    },
    {
      event: "approval",
      execution_id: "exe_3",
      approval: { answer: "allow", scope: "once", channel: "terminal", latency_ms: 1500 },
    },
    {
      event: "result",
      execution_id: "exe_3",
      result: { status: "error", error: { code: "TOOL_ERROR", message: "it broke" } },
    },
    {
      event: "intent",
      execution_id: "exe_4",
      tool: "write",
      capability: "file_write",
      decision: "requires_approval",
      rule: "ask",
      layer: "project",
    },
    { event: "approval", execution_id: "exe_4", approval: { answer: "none", channel: "none" } },
    {
      event: "intent",
      execution_id: "exe_5",
      tool: "fetch",
      capability: "network_request",
      decision: "allow",
      secret_handles: ["handle://vault/github/token"],
      network: { host: "api.github.com", method: "GET", status: 200 },
      actions: [{ target: "GET https://api.github.com/user" }],
    },
    { event: "secret.leak", reason: "value of a handle in a URL" },
    { event: "policy.load", policy: "b2:x", reason: "14 rules" },
    {
      event: "intent",
      execution_id: "exe_6",
      tool: "shell",
      capability: "shell_command",
      decision: "allow_with_redaction",
      runtime: "host-supervised",
    },
  ];
  for (const event of events) {
    place.clock.advance(1000);
    log.append(event);
  }
  await log.close("ok");
  return log;
}

describe("listSessions()", () => {
  it("counts events, denials and dangling calls, newest first", async () => {
    const place = await makePlace();
    const first = await colourful(place);
    const second = await recordSession(place, 1);
    expect(await listSessions(place.dir, secretOf(place))).toEqual([
      {
        session: second.session,
        start: "2025-11-20T22:04:21.123Z",
        events: 4,
        denied: 0,
        closed: true,
        dangling: 0,
        readable: true,
      },
      {
        session: first.session,
        start: "2025-11-20T22:04:09.123Z",
        events: 14,
        denied: 2,
        closed: true,
        dangling: 2,
        readable: true,
      },
    ]);
    expect(await listSessions(place.dir, NOBODY)).toMatchObject([{
      denied: null,
      dangling: null,
      readable: false,
      events: 4,
    }, { events: 14 }]);
  });

  it("keeps the sessions that a filter names", async () => {
    const place = await makePlace();
    const first = await colourful(place);
    await recordSession(place, 1);
    for (
      const text of [{ handle: "github/token" }, { decision: "deny" }, { capability: "shell_command" }, {
        until: "2025-11-20T22:04:10Z",
      }]
    ) {
      const found = await listSessions(place.dir, secretOf(place), parseFilter(text, NOW));
      expect(found.map(({ session }) => session)).toEqual([first.session]);
    }
  });
});

describe("parseFilter()", () => {
  test.for(
    [
      ["2025-11-20", Date.UTC(2025, 10, 20)],
      ["2025-11-20T10:00:00Z", Date.UTC(2025, 10, 20, 10)],
      ["2025-11-20T10:00+01:00", Date.UTC(2025, 10, 20, 9)],
      ["90m", NOW - 5_400_000],
      ["7d", NOW - 604_800_000],
    ] as const,
  )("reads %s", ([text, since]) => expect(parseFilter({ since: text }, NOW).since).toBe(since));

  test.for(
    [
      [{ since: "yesterday" }, /expected a time/],
      [{ until: "2025-13-41" }, /expected a time/],
      [{ since: "2025-02-30" }, /expected a time/],
      [{ since: "2025-04-31T10:00:00Z" }, /expected a time/],
      [{ capability: "file_red" }, /unknown word/],
      [{ decision: "maybe" }, /unknown word/],
    ] as const,
  )("refuses %j", ([text, message]) => {
    expect(() => parseFilter(text, NOW)).toThrow(
      expect.objectContaining({ code: "ARGS_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

describe("findCall()", () => {
  it("finds the events of an execution or call in whatever session they are", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    await recordSession(place, 1);
    const { found, locked } = await findCall(place.dir, secretOf(place), EXE);
    expect([found?.session, found?.events.map(({ seq }) => seq), locked]).toEqual([log.session, [2, 3], 0]);
    expect((await findCall(place.dir, secretOf(place), CALL)).found?.events).toHaveLength(2);
    expect(await findCall(place.dir, secretOf(place), "exe_01KAHMQQ13RSB0KG3EEJ48S30K")).toEqual({
      found: null,
      locked: 0,
    });
    expect(await findCall(place.dir, NOBODY, EXE)).toEqual({ found: null, locked: 2 });
  });
});

describe("SessionTail", () => {
  it("gives each event once, while it is written and over segments and sessions", async () => {
    const place = await makePlace();
    const tail = new SessionTail(place.dir, secretOf(place));
    expect(await tail.read()).toEqual([]);
    const log = await place.open();
    await recordCalls(log, 2);
    expect((await tail.read({ last: 2 })).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(await tail.read()).toEqual([]);
    log.append({ event: "result", reason: "new" });
    expect((await tail.read()).map(({ event }) => event?.reason)).toEqual(["new"]);
    place.clock.advance(86_400_000);
    log.append({ event: "intent", reason: "next day" });
    appendFileSync(log.file, '{"t":"e","seq":');
    expect((await tail.read()).map(({ event, seg }) => [seg, event?.reason])).toEqual([[2, "next day"]]);
    const other = await place.open({ session: place.newSession() });
    expect((await tail.read()).map(({ session }) => session)).toEqual([other.session]);
    await other.close("ok");
  });

  it("shows what stands in clear while the key is locked", async () => {
    const place = await makePlace();
    const log = await place.open({ settings: { clear: ["event", "decision"] } });
    log.append({ event: "intent", decision: "deny" });
    await log.close("ok");
    const events = await new SessionTail(place.dir, NOBODY).read();
    expect(events.map(({ event, clear }) => [event, clear])).toContainEqual([null, {
      event: "intent",
      decision: "deny",
    }]);
  });
});

describe("StatsCollector", () => {
  it("counts calls, approvals and redactions", async () => {
    const place = await makePlace();
    await colourful(place);
    const collector = new StatsCollector();
    for (const { event } of await eventsOf(place, must((await listSessions(place.dir, NOBODY))[0]).session)) {
      collector.take(must(event));
    }
    expect(collector.finish(1)).toEqual({
      sessions: 1,
      events: 14,
      by: {
        decision: { requires_approval: 2, allow: 2, allow_with_redaction: 1, deny: 1 },
        capability: { file_read: 2, file_write: 2, network_request: 1, shell_command: 1 },
        tool: { read: 2, write: 2, fetch: 1, shell: 1 },
        rule: { ask: 2, "no-env": 1, "read-project": 1 },
      },
      approvals: { count: 1, p50_ms: 1500, p95_ms: 1500 },
      redactions: { secret: 2 },
    });
  });

  it("gives no latency without an answer", () => {
    expect(new StatsCollector().finish(0).approvals).toEqual({ count: 0, p50_ms: null, p95_ms: null });
  });
});

async function exported(
  place: Place,
  format: "jsonl" | "csv" | "ocsf" | "otlp",
  key = secretOf(place),
): Promise<string> {
  const exporter = createExporter(format, { version: "0.1.0" });
  const pieces = [exporter.begin()];
  await walkSessions(
    { dir: place.dir, secretOf: key, session: null, filter: {} },
    (stored) => pieces.push(exporter.event(stored)),
  );
  return pieces.join("") + exporter.end();
}

describe("createExporter()", () => {
  it("knows five formats", () => expect(EXPORT_FORMATS).toEqual(["jsonl", "csv", "html", "ocsf", "otlp"]));

  it("writes jsonl: one event a line, its number first", async () => {
    const place = await makePlace();
    await colourful(place);
    const lines = (await exported(place, "jsonl")).trimEnd().split("\n").map((line) =>
      JSON.parse(line) as { seq: number; event: string }
    );
    expect(lines).toHaveLength(14);
    expect(lines[1]).toMatchObject({ seq: 2, event: "intent", tool: "read" });
  });

  it("writes csv that no spreadsheet takes for a formula", async () => {
    const place = await makePlace();
    await colourful(place);
    const rows = (await exported(place, "csv")).split("\r\n");
    expect(rows[0]).toMatch(/^seq,session,timestamp,event,/);
    expect(rows).toHaveLength(16);
    expect(rows.find((row) => row.includes("no-env"))).toContain(`"'=cmd|""/c calc""!A1"`);
  });

  test.for(
    [
      ["=1+1", "'=1+1"],
      ["+1", "'+1"],
      ["-1", "'-1"],
      ["@x", "'@x"],
      ["\tx", "'\tx"],
      ["a,b", '"a,b"'],
      ['a"b', '"a""b"'],
      ["a\nb", '"a\nb"'],
      [-1, "-1"],
      [null, ""],
    ] as const,
  )("writes the cell %j as %j", ([value, cell]) => expect(csvCell(value)).toBe(cell));

  it("writes ocsf with the class of each action, and deny as 2", async () => {
    const place = await makePlace();
    await colourful(place);
    const events = (await exported(place, "ocsf")).trimEnd().split("\n").map((line) =>
      JSON.parse(line) as Record<string, unknown>
    );
    const shown = events.map((each) => [each["class_uid"], each["action_id"], each["disposition_id"]]);
    expect(shown).toEqual([
      [6003, 0, 0],
      [1001, 1, 1],
      [1001, 1, 1],
      [1001, 2, 2],
      [1001, 0, 0],
      [1001, 1, 1],
      [1001, 1, 1],
      [1001, 0, 0],
      [1001, 2, 2],
      [4002, 1, 1],
      [2004, 2, 2],
      [5019, 0, 0],
      [1007, 1, 1],
      [6003, 0, 0],
    ]);
    for (const each of events) {
      expect(each["type_uid"]).toBe(Number(each["class_uid"]) * 100 + Number(each["activity_id"]));
    }
  });

  it("writes otlp with metadata only, and what stands in clear while the key is locked", async () => {
    const place = await makePlace();
    await colourful(place);
    const text = await exported(place, "otlp");
    expect(text).not.toMatch(/script|\.env|calc|github\.com\/user|14 rules/);
    const body = JSON.parse(text) as {
      resourceLogs: { scopeLogs: { logRecords: { eventName: string; attributes: unknown[] }[] }[] }[];
    };
    const records = must(body.resourceLogs[0]?.scopeLogs[0]).logRecords;
    expect(records.map(({ eventName }) => eventName)).toContain("agentzero.secret.leak");
    expect(records).toHaveLength(14);
    const locked = JSON.parse(await exported(place, "otlp", NOBODY)) as typeof body;
    expect(must(locked.resourceLogs[0]?.scopeLogs[0]?.logRecords[1]).attributes).toHaveLength(3);
  });
});

describe("redactEvent()", () => {
  it("turns targets and reasons into tags that say what is equal", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    const events = (await eventsOf(place, log.session)).map((stored) => redactEvent(stored, place.keys.tag));
    const text = JSON.stringify(events);
    expect(text).not.toMatch(/script|\.env|calc|api\.github|it broke|14 rules/);
    expect(text).toContain("no-env");
    expect(text.match(/tag:[0-9a-f]{32}/g)?.length).toBeGreaterThan(8);
    expect(JSON.stringify(redactEvent(must(events[0]), new Uint8Array(32).fill(1)))).not.toBe(
      JSON.stringify(events[0]),
    );
  });
});

async function page(place: Place, events = true): Promise<string> {
  const report = new Report(events);
  await walkSessions(
    { dir: place.dir, secretOf: secretOf(place), session: null, filter: {} },
    (stored) => report.take(stored),
  );
  const verified = await verify(verifyOptions(place));
  return report.render({
    title: "shop",
    verified,
    made: NOW,
    version: "0.1.0",
    signer: place.keys.auditSign.kid,
    redacted: false,
  });
}

describe("Report", () => {
  it("is one page without script, style sheet, image or address of its own", async () => {
    const place = await makePlace();
    await colourful(place);
    const text = await page(place);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(text).not.toMatch(/<script|<img|<link|<iframe|<object|<a |href=|src=|url\(|@import|\son\w+=/i);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("makes invisible and reversing characters visible, and escapes quotes", async () => {
    const place = await makePlace();
    await colourful(place);
    const text = await page(place);
    expect(text).toContain("\\u{202e}src\\u{7}&quot;&#39;&amp;.ts");
    expect(text.includes("\u202e") || text.includes("\u0007")).toBe(false);
  });

  it("shows verification, denials, approvals with who and how long, and secrets by handle", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    const text = await page(place, false);
    for (
      const part of [
        "Verified",
        "no-env (user)",
        "terminal, uid",
        "1.5 s",
        "handle://vault/github/token",
        "api.github.com",
        log.session,
        "exe_5",
        "TOOL_ERROR",
      ]
    ) {
      expect(text).toContain(part);
    }
    expect(text.match(/<svg/g)?.length).toBeGreaterThan(3);
  });

  it("says first of all when the record is not sound", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    appendFileSync(log.file, "x\n");
    expect(await page(place)).toMatch(/Not sound.*AFTER_CLOSE/s);
  });

  it("stands for an empty record too", async () => {
    const place = await makePlace();
    expect(await page(place)).toContain("No call was proposed");
  });
});

describe("proveEvent() and verifyProof()", () => {
  it("shows one event to somebody who has only the public key", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    const signers = [toBase64(place.keys.auditSign.publicKey)];
    for (let seq = 1; seq <= 14; seq++) {
      const proof = await proveEvent(place.dir, { session: log.session, seq }, secretOf(place));
      const report = await verifyProof(structuredClone(proof), signers);
      expect(report).toMatchObject({ ok: true, session: log.session, seq, problems: [] });
      expect(report.event?.event).toBe((await eventsOf(place, log.session))[seq - 1]?.event?.event);
    }
    const closed = await proveEvent(place.dir, { session: log.session, seq: 4 }, NOBODY);
    expect(await verifyProof(closed, signers)).toMatchObject({ ok: true, event: null });
  });

  it("breaks with any changed part", async () => {
    const place = await makePlace();
    const log = await colourful(place);
    const signers = [toBase64(place.keys.auditSign.publicKey)];
    const proof = await proveEvent(place.dir, { session: log.session, seq: 4 }, secretOf(place));
    const other = await proveEvent(place.dir, { session: log.session, seq: 5 }, secretOf(place));
    const stranger = await makePlace("stranger");
    const foreign = await recordSession(stranger, 3);
    const strange = await proveEvent(stranger.dir, { session: foreign.session, seq: 4 }, secretOf(stranger));
    const changes = [
      { line: other.line },
      { index: proof.index + 1 },
      { size: proof.size + 1 },
      { path: proof.path.slice(1) },
      { path: proof.path.toReversed() },
      { header: strange.header },
      { checkpoints: strange.checkpoints },
      { checkpoints: proof.checkpoints.slice(1) },
      { mk: other.mk },
      { seq: 5 },
      { session: foreign.session },
    ];
    for (const change of changes) {
      const report = await verifyProof({ ...proof, ...change }, signers).catch((error: unknown) => ({
        ok: false,
        error,
      }));
      expect([Object.keys(change), report.ok]).toEqual([Object.keys(change), false]);
    }
    expect((await verifyProof(strange, signers)).ok).toBe(false);
    expect((await verifyProof(strange, null)).ok).toBe(true);
  });

  test.for([null, 3, {}, { v: "azproof/2" }, [], "x"])("refuses %j as no proof", async (value) => {
    await expect(verifyProof(value, null)).rejects.toThrow(expect.objectContaining({ code: "LINE_INVALID" }));
  });

  it("has none for an event that no checkpoint covers yet", async () => {
    const place = await makePlace();
    const log = await place.open();
    await expect(proveEvent(place.dir, { session: log.session, seq: 1 }, NOBODY)).rejects.toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
    await log.close("ok");
  });
});

describe("readSession()", () => {
  it("reads up to the first damage and says where it is", async () => {
    const place = await makePlace();
    const log = await recordSession(place, 3);
    appendFileSync(log.file, "garbage\n");
    const seen: StoredEvent[] = [];
    const read = await readSession(
      { session: log.session, segments: [{ seg: 1, path: log.file }] },
      secretOf(place),
      (stored) => seen.push(stored),
    );
    expect(read).toMatchObject({ events: 7, closed: true, readable: true, problems: [{ code: "AFTER_CLOSE" }] });
    expect(seen).toHaveLength(7);
  });
});
