import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { Chain } from "../../audit/chain.ts";
import { formatEventStart, formatSeal } from "../../audit/format-record.ts";
import { NODE_FILES } from "../../audit/log-files.ts";
import { parseRecord } from "../../audit/parse-record.ts";
import { sealKey } from "../../audit/seal-key.ts";
import { firstPlace } from "../../audit/segment-place.ts";
import { SegmentWriter } from "../../audit/segment-writer.ts";
import { sign, sodium } from "../../core/mod.ts";
import { parseLedgerLine } from "../../audit/ledger-line.ts";
import { verifySession } from "../../audit/verify-session.ts";
import { verify } from "../../audit/mod.ts";
import {
  allCodes,
  codesOf,
  linesOf,
  makePlace,
  NOW,
  publicCodes,
  putLines,
  recordCalls,
  recordSession,
  verifyOptions,
} from "./support.ts";

/** The same line in another history: other content, a chain that holds, and whatever signature the thief can make. */
function forge(line: string, chain: Chain, secretKey: Uint8Array): string {
  const record = parseRecord(line);
  if (record.t === "e") {
    const other = Buffer.alloc(record.ct.length, 7).toString("base64");
    return `${formatEventStart({ ...record, prev: chain.text })}${other}"}`;
  }
  if (record.t !== "c") return line;
  const seal = { seq: record.seq, ts: record.ts, prev: chain.text, size: chain.size, root: chain.root() };
  const text = formatSeal(seal, { next: record.next });
  return `${text}${Buffer.from(sign(`azlog/1 c\n${text}`, secretKey)).toString("base64")}"}`;
}

describe("verify()", () => {
  it("accepts an untouched session, with and without the reading key", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const full = await verify(verifyOptions(place));
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
    const plain = await verify(verifyOptions(place, { secretOf: () => null }));
    expect(plain.sessions[0]).toMatchObject({ ok: true, checked: "public", dangling: null });
  });

  it("finds every flipped bit of a closed session with the public key alone", { timeout: 600_000 }, async () => {
    const place = await makePlace();
    const log = await recordSession(place, Math.max(0, Number(process.env["AZ_SCALE"] ?? "1") - 1));
    const whole = readFileSync(log.file);
    const heads = linesOf(join(place.dir, "HEADS")).flatMap((line) => parseLedgerLine(line) ?? []);
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

  it("finds every flipped bit of both ledgers", { timeout: 600_000 }, async () => {
    const place = await makePlace();
    await recordSession(place, 0);
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
    const log = await recordSession(place);
    putLines(log.file, change(linesOf(log.file)));
    expect(await publicCodes(place)).toEqual(["CHAIN_BROKEN"]);
    expect(await allCodes(place)).toContain("CHAIN_BROKEN");
  });

  it("calls a line from another session CHAIN_BROKEN", async () => {
    const place = await makePlace();
    const [a, b] = [await recordSession(place), await recordSession(place)];
    putLines(a.file, linesOf(a.file).with(4, linesOf(b.file)[4] ?? ""));
    expect(await publicCodes(place)).toEqual(["CHAIN_BROKEN"]);
  });

  it("calls a file under another session's name LINE_INVALID", async () => {
    const place = await makePlace();
    const [a, b] = [await recordSession(place), await recordSession(place)];
    copyFileSync(a.file, b.file);
    expect(await publicCodes(place)).toEqual(["LINE_INVALID"]);
  });

  it("calls a cut tail and an older copy TRUNCATED, and says what the ledger has", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 3);
    const older = readFileSync(log.file);
    await recordCalls(log, 3, 3);
    await log.close("ok");
    writeFileSync(log.file, older);
    const report = await verify(verifyOptions(place, { secretOf: () => null }));
    expect(report.sessions[0]?.problems).toEqual([{ code: "TRUNCATED", seq: 6, detail: "HEADS has 12" }]);
  });

  it("calls something behind the close record AFTER_CLOSE", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const last = linesOf(log.file).at(-1) ?? "";
    appendFileSync(log.file, `${last}\n`);
    expect(await publicCodes(place)).toEqual(["AFTER_CLOSE"]);
    appendFileSync(log.file, "x");
    expect(await publicCodes(place)).toEqual(["AFTER_CLOSE"]);
  });

  it("calls a deleted session SESSION_MISSING and names it", async () => {
    const place = await makePlace();
    const [a] = [await recordSession(place), await recordSession(place)];
    rmSync(a.file);
    const report = await verify(verifyOptions(place));
    expect(report.sessions.find(({ ok }) => !ok)).toMatchObject({
      session: a.session,
      problems: [{ code: "SESSION_MISSING" }],
    });
  });

  test.for(["dir", "home"] as const)("calls a deleted ledger LEDGERS_DIFFER (%s)", async (which) => {
    const place = await makePlace();
    await recordSession(place);
    rmSync(which === "dir" ? join(place.dir, "HEADS") : join(place.home, "trust", "HEADS"));
    expect(await publicCodes(place)).toEqual(["LEDGERS_DIFFER"]);
  });

  it("calls a session that no ledger knows SESSION_UNLISTED", async () => {
    const place = await makePlace();
    await recordSession(place);
    rmSync(join(place.dir, "HEADS"));
    rmSync(join(place.home, "trust", "HEADS"));
    expect(await publicCodes(place)).toEqual(["SESSION_UNLISTED"]);
  });

  it("calls one ledger line less LEDGERS_DIFFER, unless the session is open and it is the last", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 3);
    const heads = join(place.dir, "HEADS");
    putLines(heads, linesOf(heads).slice(0, -1));
    expect(await publicCodes(place)).toEqual([]);
    putLines(heads, linesOf(heads).slice(0, -1));
    expect(await publicCodes(place)).toEqual(["LEDGERS_DIFFER"]);
    await log.close("ok");
    const other = await makePlace("other");
    await recordSession(other);
    const closed = join(other.dir, "HEADS");
    putLines(closed, linesOf(closed).slice(0, -1));
    expect(await publicCodes(other)).toEqual(["LEDGERS_DIFFER"]);
  });

  it("calls a swapped or removed ledger line LEDGER_BROKEN", async () => {
    const place = await makePlace();
    await recordSession(place);
    await recordSession(place);
    const heads = join(place.dir, "HEADS");
    const all = linesOf(heads);
    putLines(heads, all.toSpliced(1, 1));
    expect(await publicCodes(place)).toContain("LEDGER_BROKEN");
    putLines(heads, all.with(1, all[2] ?? "").with(2, all[1] ?? ""));
    expect(await publicCodes(place)).toContain("LEDGER_BROKEN");
  });

  it("finds a record that somebody made anew with keys of his own", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const thief = await makePlace("thief");
    const forged = await recordSession(thief, 2, { session: log.session });
    copyFileSync(forged.file, log.file);
    expect(await publicCodes(place)).toEqual(expect.arrayContaining(["HEADER_SIG"]));
    copyFileSync(join(thief.dir, "HEADS"), join(place.dir, "HEADS"));
    expect(await publicCodes(place)).toEqual(expect.arrayContaining(["HEADER_SIG", "LEDGER_BROKEN"]));
  });

  it("accepts another installation's log by itself, and refuses it against a pinned key", async () => {
    const [place, visitor] = [await makePlace(), await makePlace("visitor")];
    await recordSession(place);
    const foreign = verifyOptions(visitor, { dir: place.dir, project: "/elsewhere" });
    expect((await verify(foreign)).ok).toBe(true);
    expect(codesOf(await verify({ ...foreign, pin: visitor.keys.auditSign.publicKey }))).toContain("HEADER_SIG");
    expect((await verify({ ...foreign, pin: place.keys.auditSign.publicKey })).ok).toBe(true);
  });

  it("finds with an anchor what both ledgers no longer show", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 3);
    const kept = ["HEADS", log.file].map((name) => readFileSync(name === "HEADS" ? join(place.dir, name) : name));
    const userHeads = join(place.home, "trust", "HEADS");
    const user = readFileSync(userHeads);
    await recordCalls(log, 3, 3);
    await log.close("ok");
    const anchor = join(place.root, "anchor");
    copyFileSync(join(place.dir, "HEADS"), anchor);
    writeFileSync(join(place.dir, "HEADS"), kept[0] ?? "");
    writeFileSync(log.file, kept[1] ?? "");
    writeFileSync(userHeads, user);
    expect(await publicCodes(place)).toEqual([]);
    expect(codesOf(await verify(verifyOptions(place, { anchors: [anchor] })))).toEqual(["TRUNCATED"]);
    rmSync(log.file);
    expect(codesOf(await verify(verifyOptions(place, { anchors: [anchor] })))).toEqual(["SESSION_MISSING"]);
  });

  it("finds a thief of the live writer who rewrites what happened before", async () => {
    const place = await makePlace();
    const log = await place.open();
    for (let i = 0; i < 149; i++) log.append({ event: "result", reason: `event ${i + 2}` });
    await log.barrier(150, true);
    const original = linesOf(log.file);
    const before = original.findIndex((line) => line.startsWith('{"t":"e","seq":100,'));
    const chain = new Chain(new Uint8Array(32));
    const forged: string[] = [];
    // The keys of events 100 to 150 and of the epoch that signed after 128 no longer exist anywhere: he makes some up.
    const thief = sodium().crypto_sign_seed_keypair(new Uint8Array(32).fill(9)).privateKey;
    for (const [index, line] of original.entries()) {
      const next = index < before ? line : forge(line, chain, thief);
      forged.push(next);
      chain.push(Buffer.concat([Buffer.from([0]), Buffer.from(next)]));
    }
    putLines(log.file, forged);
    expect(await publicCodes(place)).toEqual(["CHECKPOINT_SIG", "FORKED"]);
    const report = await verify(verifyOptions(place));
    expect(codesOf(report)).toEqual(["CHECKPOINT_SIG", "FORKED", "AEAD_FAILED"]);
    expect(report.sessions[0]?.problems.find(({ code }) => code === "AEAD_FAILED")?.seq).toBe(100);
  });

  it("finds readers who were given different keys", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const all = linesOf(log.file);
    const header = parseRecord(all[0] ?? "");
    if (header.t !== "h") throw new Error("no header");
    const other = Buffer.from(sealKey(new Uint8Array(32).fill(1), place.keys.auditBox.publicKey, place.random))
      .toString("base64");
    putLines(log.file, all.with(0, (all[0] ?? "").replace(header.to[0]?.w ?? "", other)));
    expect(await allCodes(place)).toEqual(expect.arrayContaining(["HEADER_SIG", "KEY_COMMIT"]));
  });

  it("finds an event that says something else than the line around it", async () => {
    const place = await makePlace();
    const options = place.options();
    mkdirSync(place.dir, { recursive: true, mode: 0o700 });
    const segment = new SegmentWriter({
      place: firstPlace(place.dir, options.session),
      created: NOW,
      writer: place.writer,
      policy: options.policy,
      clear: ["decision"],
      readers: [place.keys.auditBox],
      identity: place.keys.auditSign,
      random: place.random,
      files: NODE_FILES,
      onFull: () => {},
    });
    const common = `"session_id":"${options.session}","timestamp":"2025-11-20T22:04:09.123Z"`;
    segment.appendEvent(NOW, { decision: "allow" }, `{"event":"intent",${common},"decision":"allow"}`);
    segment.appendEvent(NOW, { decision: "allow" }, `{"event":"intent",${common},"decision":"deny"}`);
    segment.close(NOW, "ok");
    segment.end();
    const report = await verify(verifyOptions(place));
    expect(report.sessions[0]?.problems).toMatchObject([{ code: "EVENT_INVALID", seq: 2 }, {
      code: "SESSION_UNLISTED",
    }]);
  });

  it("decrypts only the tail of a very long session, unless asked for all", async () => {
    const place = await makePlace();
    const log = await place.open({ settings: { sync: "none" } });
    for (let i = 0; i < 20_050; i++) log.append({ event: "result" });
    await log.close("ok");
    expect((await verify(verifyOptions(place))).sessions).toMatchObject([{
      ok: true,
      checked: "tail",
      dangling: null,
      events: 20_052,
    }]);
    expect((await verify(verifyOptions(place, { full: true }))).sessions).toMatchObject([{
      ok: true,
      checked: "full",
      dangling: 0,
    }]);
  });

  it("says nothing of a session it does not know", async () => {
    const place = await makePlace();
    await recordSession(place);
    await expect(verify(verifyOptions(place, { session: place.newSession() }))).rejects.toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  });

  it("judges one session by its own problems", async () => {
    const place = await makePlace();
    const [a, b] = [await recordSession(place), await recordSession(place)];
    putLines(a.file, linesOf(a.file).toSpliced(3, 1));
    expect((await verify(verifyOptions(place, { session: b.session }))).ok).toBe(true);
    expect((await verify(verifyOptions(place, { session: a.session }))).ok).toBe(false);
  });

  it("calls a symbolic link in place of a segment FORMAT_UNKNOWN", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const aside = join(place.root, "aside");
    renameSync(log.file, aside);
    symlinkSync(aside, log.file);
    expect(await publicCodes(place)).toContain("FORMAT_UNKNOWN");
  });

  it("refuses a format that it does not know", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    writeFileSync(log.file, readFileSync(log.file, "utf8").replace("azlog/1", "azlog/2"));
    expect(await publicCodes(place)).toContain("FORMAT_UNKNOWN");
  });
});
