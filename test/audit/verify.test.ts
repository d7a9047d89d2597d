import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parseLedgerLine } from "../../audit/ledger-line.ts";
import { verifySession } from "../../audit/verify-session.ts";
import { type AuditLog, verify, type VerifyOptions, type VerifyReport } from "../../audit/mod.ts";
import { makePlace, type Place } from "./support.ts";

/** Records a closed session with `count` calls; the third is denied, so that checkpoints stand in between. */
async function record(place: Place, count = 4, change: Parameters<Place["open"]>[0] = {}): Promise<AuditLog> {
  const log = await place.open(change);
  await calls(log, count);
  await log.close("ok");
  return log;
}

async function calls(log: AuditLog, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const execution_id = `exe_${i}`;
    if (i % 3 === 2) {
      const { seq } = log.append({
        event: "intent",
        execution_id,
        decision: "deny",
        capability: "file_read",
        rule: "no",
      });
      await log.barrier(seq, true);
      continue;
    }
    const { seq } = log.append({ event: "intent", execution_id, decision: "allow", capability: "file_read" });
    await log.barrier(seq, i % 2 === 0);
    log.append({ event: "result", execution_id, result: { status: "ok" } });
  }
}

function optionsOf(place: Place, change: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    dir: place.dir,
    home: place.home,
    project: place.project,
    identity: place.keys.auditSign.publicKey,
    secretOf: (kid) => place.keys.auditBoxSecret(kid),
    ...change,
  };
}

function codes(report: VerifyReport): readonly string[] {
  return [
    ...new Set([...report.sessions.flatMap(({ problems }) => problems), ...report.problems].map(({ code }) => code)),
  ];
}

async function publicCodes(place: Place): Promise<readonly string[]> {
  return codes(await verify(optionsOf(place, { secretOf: () => null })));
}

async function allCodes(place: Place): Promise<readonly string[]> {
  return codes(await verify(optionsOf(place)));
}

function lines(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

function put(path: string, all: readonly string[]): void {
  writeFileSync(path, all.map((line) => `${line}\n`).join(""));
}

describe("verify()", () => {
  it("accepts an untouched session, with and without the reading key", async () => {
    const place = await makePlace();
    const log = await record(place);
    const full = await verify(optionsOf(place));
    expect(full.ok).toBe(true);
    expect(full.sessions[0]).toMatchObject({
      session: log.session,
      events: 9,
      closed: true,
      problems: [],
      checked: "full",
      segments: 1,
      dangling: 0,
      torn: 0,
    });
    const plain = await verify(optionsOf(place, { secretOf: () => null }));
    expect(plain.sessions[0]).toMatchObject({ ok: true, checked: "public", dangling: null });
  });

  it("finds every flipped bit of a closed session with the public key alone", { timeout: 300_000 }, async () => {
    const place = await makePlace();
    const log = await record(place, Number(process.env["AZ_SCALE"] ?? 0));
    const whole = readFileSync(log.file);
    const heads = lines(join(place.dir, "HEADS")).flatMap((line) => parseLedgerLine(line) ?? []);
    const check = {
      files: { session: log.session, segments: [{ seg: 1, path: log.file }] },
      heads: heads.map((record) => ({ by: "HEADS", record })),
      signers: [Buffer.from(place.keys.auditSign.publicKey).toString("base64")],
      secretOf: () => null,
      decrypt: 0,
    };
    expect(verifySession(check).ok).toBe(true);
    const missed: number[] = [];
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(log.file, changed);
      if (verifySession(check).ok) missed.push(bit);
    }
    expect(missed).toEqual([]);
    expect(whole.length * 8).toBeGreaterThan(20_000);
  });

  it("finds every flipped bit of both ledgers", { timeout: 120_000 }, async () => {
    const place = await makePlace();
    await record(place, 0);
    for (const path of [join(place.dir, "HEADS"), join(place.home, "trust", "HEADS")]) {
      const whole = readFileSync(path);
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
        writeFileSync(path, changed);
        expect(await publicCodes(place), `byte ${at}`).not.toEqual([]);
      }
      writeFileSync(path, whole);
    }
  });

  test.for(
    [
      ["a deleted line", (all: string[]) => all.toSpliced(4, 1)],
      ["two swapped lines", (all: string[]) => all.with(3, all[4] ?? "").with(4, all[3] ?? "")],
      ["a duplicated line", (all: string[]) => all.toSpliced(4, 0, all[3] ?? "")],
    ] as const,
  )("calls %s CHAIN_BROKEN", async ([, change]) => {
    const place = await makePlace();
    const log = await record(place);
    put(log.file, change(lines(log.file)));
    expect(await publicCodes(place)).toEqual(["CHAIN_BROKEN"]);
    expect(await allCodes(place)).toContain("CHAIN_BROKEN");
  });

  it("calls a line from another session CHAIN_BROKEN", async () => {
    const place = await makePlace();
    const [a, b] = [await record(place), await record(place)];
    put(a.file, lines(a.file).with(4, lines(b.file)[4] ?? ""));
    expect(await publicCodes(place)).toEqual(["CHAIN_BROKEN"]);
  });

  it("calls a file under another session's name LINE_INVALID", async () => {
    const place = await makePlace();
    const [a, b] = [await record(place), await record(place)];
    copyFileSync(a.file, b.file);
    expect(await publicCodes(place)).toEqual(["LINE_INVALID"]);
  });

  it("calls a cut tail and an older copy TRUNCATED, and says what the ledger has", async () => {
    const place = await makePlace();
    const log = await place.open();
    await calls(log, 3);
    const older = readFileSync(log.file);
    await calls(log, 3, 3);
    await log.close("ok");
    writeFileSync(log.file, older);
    const report = await verify(optionsOf(place, { secretOf: () => null }));
    expect(report.sessions[0]?.problems).toEqual([{ code: "TRUNCATED", seq: 6, detail: "HEADS has 12" }]);
  });

  it("calls something behind the close record AFTER_CLOSE", async () => {
    const place = await makePlace();
    const log = await record(place);
    const last = lines(log.file).at(-1) ?? "";
    appendFileSync(log.file, `${last}\n`);
    expect(await publicCodes(place)).toEqual(["AFTER_CLOSE"]);
    appendFileSync(log.file, "x");
    expect(await publicCodes(place)).toEqual(["AFTER_CLOSE"]);
  });

  it("calls a deleted session SESSION_MISSING and names it", async () => {
    const place = await makePlace();
    const [a] = [await record(place), await record(place)];
    rmSync(a.file);
    const report = await verify(optionsOf(place));
    expect(report.sessions.find(({ ok }) => !ok)).toMatchObject({
      session: a.session,
      problems: [{ code: "SESSION_MISSING" }],
    });
  });

  test.for(["dir", "home"] as const)("calls a deleted ledger LEDGERS_DIFFER (%s)", async (which) => {
    const place = await makePlace();
    await record(place);
    rmSync(which === "dir" ? join(place.dir, "HEADS") : join(place.home, "trust", "HEADS"));
    expect(await publicCodes(place)).toEqual(["LEDGERS_DIFFER"]);
  });

  it("calls a session that no ledger knows SESSION_UNLISTED", async () => {
    const place = await makePlace();
    await record(place);
    rmSync(join(place.dir, "HEADS"));
    rmSync(join(place.home, "trust", "HEADS"));
    expect(await publicCodes(place)).toEqual(["SESSION_UNLISTED"]);
  });

  it("calls one ledger line less LEDGERS_DIFFER, unless the session is open and it is the last", async () => {
    const place = await makePlace();
    const log = await place.open();
    await calls(log, 3);
    const heads = join(place.dir, "HEADS");
    put(heads, lines(heads).slice(0, -1));
    expect(await publicCodes(place)).toEqual([]);
    put(heads, lines(heads).slice(0, -1));
    expect(await publicCodes(place)).toEqual(["LEDGERS_DIFFER"]);
    await log.close("ok");
    const other = await makePlace("other");
    await record(other);
    const closed = join(other.dir, "HEADS");
    put(closed, lines(closed).slice(0, -1));
    expect(await publicCodes(other)).toEqual(["LEDGERS_DIFFER"]);
  });

  it("calls a swapped or removed ledger line LEDGER_BROKEN", async () => {
    const place = await makePlace();
    await record(place);
    await record(place);
    const heads = join(place.dir, "HEADS");
    const all = lines(heads);
    put(heads, all.toSpliced(1, 1));
    expect(await publicCodes(place)).toContain("LEDGER_BROKEN");
    put(heads, all.with(1, all[2] ?? "").with(2, all[1] ?? ""));
    expect(await publicCodes(place)).toContain("LEDGER_BROKEN");
  });

  it("finds a record that somebody made anew with keys of his own", async () => {
    const place = await makePlace();
    const log = await record(place);
    const thief = await makePlace("thief");
    const forged = await record(thief, 2, { session: log.session });
    copyFileSync(forged.file, log.file);
    expect(await publicCodes(place)).toEqual(expect.arrayContaining(["HEADER_SIG"]));
    copyFileSync(join(thief.dir, "HEADS"), join(place.dir, "HEADS"));
    expect(await publicCodes(place)).toEqual(expect.arrayContaining(["HEADER_SIG", "LEDGER_BROKEN"]));
  });

  it("accepts another installation's log by itself, and refuses it against a pinned key", async () => {
    const [place, visitor] = [await makePlace(), await makePlace("visitor")];
    await record(place);
    const foreign = optionsOf(visitor, { dir: place.dir, project: "/elsewhere" });
    expect((await verify(foreign)).ok).toBe(true);
    expect(codes(await verify({ ...foreign, pin: visitor.keys.auditSign.publicKey }))).toContain("HEADER_SIG");
    expect((await verify({ ...foreign, pin: place.keys.auditSign.publicKey })).ok).toBe(true);
  });

  it("finds with an anchor what both ledgers no longer show", async () => {
    const place = await makePlace();
    const log = await place.open();
    await calls(log, 3);
    const kept = ["HEADS", log.file].map((name) => readFileSync(name === "HEADS" ? join(place.dir, name) : name));
    const userHeads = join(place.home, "trust", "HEADS");
    const user = readFileSync(userHeads);
    await calls(log, 3, 3);
    await log.close("ok");
    const anchor = join(place.root, "anchor");
    copyFileSync(join(place.dir, "HEADS"), anchor);
    writeFileSync(join(place.dir, "HEADS"), kept[0] ?? "");
    writeFileSync(log.file, kept[1] ?? "");
    writeFileSync(userHeads, user);
    expect(await publicCodes(place)).toEqual([]);
    expect(codes(await verify(optionsOf(place, { anchors: [anchor] })))).toEqual(["TRUNCATED"]);
    rmSync(log.file);
    expect(codes(await verify(optionsOf(place, { anchors: [anchor] })))).toEqual(["SESSION_MISSING"]);
  });

  it("says nothing of a session it does not know", async () => {
    const place = await makePlace();
    await record(place);
    await expect(verify(optionsOf(place, { session: place.newSession() }))).rejects.toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  });

  it("judges one session by its own problems", async () => {
    const place = await makePlace();
    const [a, b] = [await record(place), await record(place)];
    put(a.file, lines(a.file).toSpliced(3, 1));
    expect((await verify(optionsOf(place, { session: b.session }))).ok).toBe(true);
    expect((await verify(optionsOf(place, { session: a.session }))).ok).toBe(false);
  });

  it("calls a symbolic link in place of a segment FORMAT_UNKNOWN", async () => {
    const place = await makePlace();
    const log = await record(place);
    const aside = join(place.root, "aside");
    renameSync(log.file, aside);
    symlinkSync(aside, log.file);
    expect(await publicCodes(place)).toContain("FORMAT_UNKNOWN");
  });

  it("refuses a format that it does not know", async () => {
    const place = await makePlace();
    const log = await record(place);
    writeFileSync(log.file, readFileSync(log.file, "utf8").replace("azlog/1", "azlog/2"));
    expect(await publicCodes(place)).toContain("FORMAT_UNKNOWN");
  });
});
