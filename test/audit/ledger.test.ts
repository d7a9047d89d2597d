import * as fc from "fast-check";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { Ledger, type LedgerDeps } from "../../audit/ledger.ts";
import { formatLedgerStart, type LedgerEntry, parseLedgerLine } from "../../audit/ledger-line.ts";
import { readLedger } from "../../audit/ledger-read.ts";
import { NODE_FILES } from "../../audit/log-files.ts";
import { announceIdentity, createVaultLedger, recordRead, verify } from "../../audit/mod.ts";
import { openKeys, rotateIdentity, toBase64 } from "../../core/mod.ts";
import {
  allCodes,
  linesOf,
  makePlace,
  must,
  type Place,
  publicCodes,
  putLines,
  recordSession,
  verifyOptions,
} from "./support.ts";

function ledgerDeps(place: Place, change: Partial<LedgerDeps> = {}): LedgerDeps {
  mkdirSync(place.dir, { recursive: true, mode: 0o700 });
  return {
    path: join(place.dir, "HEADS"),
    dir: null,
    identity: place.keys.auditSign,
    anchors: [],
    onFull: () => {},
    files: NODE_FILES,
    // Real time: the age of a lock is that of a real file.
    clock: { now: () => Date.now(), mono: () => performance.now() },
    random: place.random,
    writer: place.writer,
    ...change,
  };
}

function entry(place: Place, seq: number): LedgerEntry {
  const hex = seq.toString(16).padStart(64, "0");
  return {
    kind: "head",
    session: place.newSession(),
    seg: 1,
    seq,
    size: seq + 1,
    root: `sha256:${hex}`,
    head: `b2:${hex}`,
  };
}

describe("Ledger", () => {
  it("numbers and chains lines over several writers", async () => {
    const place = await makePlace();
    const ledgers = [new Ledger(ledgerDeps(place)), new Ledger(ledgerDeps(place)), new Ledger(ledgerDeps(place))];
    await Promise.all(Array.from({ length: 60 }, (_, index) => must(ledgers[index % 3]).append([entry(place, index)])));
    const view = readLedger(join(place.dir, "HEADS"), "HEADS");
    expect(view.breaks).toEqual([]);
    expect(view.lines.map(({ record }) => record.n)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(existsSync(join(place.dir, "HEADS.lock"))).toBe(false);
  });

  it("takes over a lock whose holder is gone or too old, and waits for one that lives", async () => {
    const place = await makePlace();
    const deps = ledgerDeps(place);
    const lock = join(place.dir, "HEADS.lock");
    writeFileSync(lock, JSON.stringify({ ...place.writer, boot: "another boot" }));
    await new Ledger(deps).append([entry(place, 1)]);
    writeFileSync(lock, JSON.stringify(place.writer));
    utimesSync(lock, Date.now() / 1000 - 31, Date.now() / 1000 - 31);
    await new Ledger(deps).append([entry(place, 2)]);
    writeFileSync(lock, "");
    utimesSync(lock, Date.now() / 1000 - 5, Date.now() / 1000 - 5);
    await new Ledger(deps).append([entry(place, 3)]);
    writeFileSync(lock, JSON.stringify(place.writer));
    const waiting = new Ledger(deps).append([entry(place, 4)]);
    expect(linesOf(join(place.dir, "HEADS"))).toHaveLength(3);
    rmSync(lock);
    await waiting;
    expect(linesOf(join(place.dir, "HEADS"))).toHaveLength(4);
    expect(readdirSync(place.dir).filter((name) => name.includes("stale"))).toEqual([]);
  });

  it("writes nothing after it lost its lock, takes it again, and never removes somebody else's", async () => {
    const place = await makePlace();
    const lock = join(place.dir, "HEADS.lock");
    let stolen = false;
    const files = {
      ...NODE_FILES,
      openAppend(path: string): number {
        if (!stolen && path.endsWith("HEADS")) {
          stolen = true;
          // Another process took it for stale, and holds it for a moment.
          rmSync(lock);
          writeFileSync(`${lock}.other`, JSON.stringify(place.writer));
          renameSync(`${lock}.other`, lock);
        }
        return NODE_FILES.openAppend(path);
      },
    };
    const appending = new Ledger(ledgerDeps(place, { files })).append([entry(place, 1)]);
    await expect.poll(() => stolen).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([stolen, existsSync(lock), readFileSync(join(place.dir, "HEADS"), "utf8")]).toEqual([true, true, ""]);
    rmSync(lock);
    await appending;
    expect(linesOf(join(place.dir, "HEADS"))).toHaveLength(1);
  });

  it("gives up on a lock that somebody keeps", async () => {
    const place = await makePlace();
    let passed = 0;
    const clock = { now: () => Date.now(), mono: () => (passed += 15_000) };
    const deps = ledgerDeps(place, { clock });
    writeFileSync(join(place.dir, "HEADS.lock"), JSON.stringify(place.writer));
    await expect(new Ledger(deps).append([entry(place, 1)])).rejects.toThrow(
      expect.objectContaining({ code: "AUDIT_UNWRITABLE" }),
    );
  });

  it("goes on in a new file behind a torn line, which stays where it is", async () => {
    const place = await makePlace();
    const path = join(place.dir, "HEADS");
    const ledger = new Ledger(ledgerDeps(place));
    await ledger.append([entry(place, 1), entry(place, 2)]);
    appendFileSync(path, '{"v":"azheads/1","n":3,"pre');
    await ledger.append([entry(place, 3)]);
    expect(readdirSync(place.dir).toSorted()).toEqual(["HEADS", "HEADS.2"]);
    expect(readFileSync(`${path}.2`, "utf8").endsWith('"pre')).toBe(true);
    const view = readLedger(path, "HEADS");
    expect([view.breaks, view.lines.map(({ record }) => record.n)]).toEqual([[], [1, 2, 3]]);
  });

  it("cuts off a torn line that stands alone", async () => {
    const place = await makePlace();
    const ledger = new Ledger(ledgerDeps(place));
    writeFileSync(join(place.dir, "HEADS"), '{"v":"az');
    await ledger.append([entry(place, 1)]);
    expect(readLedger(join(place.dir, "HEADS"), "HEADS")).toMatchObject({ breaks: [], lines: [{ record: { n: 1 } }] });
  });

  it("moves at 16 MiB, and the new file goes on with the chain", async () => {
    const place = await makePlace();
    const path = join(place.dir, "HEADS");
    await new Ledger(ledgerDeps(place)).append([entry(place, 1)]);
    // Whole lines that are sound in form are all that a start looks at; what stands before the last one does not matter.
    const first = must(linesOf(path)[0]);
    writeFileSync(path, `${`${"x".repeat(1023)}\n`.repeat(16 * 1024)}${first}\n`);
    await new Ledger(ledgerDeps(place)).append([entry(place, 2)]);
    expect(readdirSync(place.dir).toSorted()).toEqual(["HEADS", "HEADS.1"]);
    expect(parseLedgerLine(must(linesOf(path)[0]))).toMatchObject({ n: 2 });
    renameSync(path, `${path}.2`);
    await new Ledger(ledgerDeps(place)).append([entry(place, 3)]);
    expect(parseLedgerLine(must(linesOf(path)[0]))).toMatchObject({ n: 3 });
  });

  it("does not go on behind a line that was changed beyond reading", async () => {
    const place = await makePlace();
    const path = join(place.dir, "HEADS");
    await recordSession(place, 1);
    putLines(path, [...linesOf(path).slice(0, -1), "{}"]);
    await expect(place.open()).rejects.toThrow(expect.objectContaining({ code: "LEDGER_BROKEN" }));
  });
});

describe("parseLedgerLine()", () => {
  const sig = `${"A".repeat(86)}==`;
  const hex = "a".repeat(64);
  const state = { seg: 1, seq: 2, size: 3, root: `sha256:${hex}`, head: `b2:${hex}` };
  const session = "ses_01K9ABCDEFGHJKMNPQRSTVWXYZ" as never;
  const place = { n: 1, prev: `b2:${hex}`, ts: 5 };

  it("reads what it wrote, whatever the project is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (dir) => {
        const line = `${formatLedgerStart({ kind: "head", session, dir, ...state }, place)}${sig}"}`;
        expect(parseLedgerLine(line)).toMatchObject({ n: 1, kind: "head", dir, size: 3 });
      }),
      { seed: 20251120, numRuns: 300 },
    );
  });

  test.for(
    [
      ["a head without state", { kind: "head", session }],
      ["a head without session", { kind: "head", ...state }],
      ["a vault line without generation", { kind: "vault", mac: `${"A".repeat(43)}=` }],
      ["a vault line with a session", { kind: "vault", gen: 1, mac: `${"A".repeat(43)}=`, session }],
      ["a read with a state", { kind: "read", session, ...state }],
      ["a key without key", { kind: "key" }],
      ["an unknown kind", { kind: "boot" }],
    ] as const,
  )("refuses %s", ([, value]) => {
    expect(parseLedgerLine(`${formatLedgerStart(value as LedgerEntry, place)}${sig}"}`)).toBeNull();
  });

  it("refuses a second spelling of a path, another order and blanks", () => {
    const line = `${formatLedgerStart({ kind: "head", session, dir: "/a/b", ...state }, place)}${sig}"}`;
    expect(parseLedgerLine(line)).not.toBeNull();
    expect(parseLedgerLine(line.replace("/a/b", "\\/a\\/b"))).toBeNull();
    expect(parseLedgerLine(line.replace("/a/b", "\\u002fa/b"))).toBeNull();
    expect(parseLedgerLine(line.replace('"seg":1,"seq":2', '"seq":2,"seg":1'))).toBeNull();
    expect(parseLedgerLine(line.replace('"n":1', '"n": 1'))).toBeNull();
    expect(parseLedgerLine(line.replace('"n":1', '"n":0'))).toBeNull();
  });
});

describe("recordRead()", () => {
  it("puts on record who looked, and verify stays content", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    await recordRead({ ...place, session: log.session });
    await recordRead(place);
    for (const path of [join(place.dir, "HEADS"), join(place.home, "trust", "HEADS")]) {
      const last = linesOf(path).slice(-2).map((line) => parseLedgerLine(line));
      expect(last).toMatchObject([{ kind: "read", session: log.session }, { kind: "read" }]);
    }
    expect(await allCodes(place)).toEqual([]);
    await recordSession(place);
    expect(await allCodes(place)).toEqual([]);
  });
});

describe("createVaultLedger()", () => {
  it("remembers the newest generation among everything else", async () => {
    const place = await makePlace();
    const ledger = createVaultLedger(place);
    expect(await ledger.read()).toBeNull();
    const mac = toBase64(new Uint8Array(32).fill(7));
    await ledger.append(1, mac);
    await recordSession(place);
    await ledger.append(2, mac);
    await recordSession(place);
    expect(await ledger.read()).toEqual({ gen: 2, mac });
    expect(await publicCodes(place)).toEqual([]);
    const path = join(place.home, "trust", "HEADS");
    renameSync(path, `${path}.${linesOf(path).length}`);
    expect(await ledger.read()).toEqual({ gen: 2, mac });
  });

  it("believes no line that this installation did not sign", async () => {
    const place = await makePlace();
    const ledger = createVaultLedger(place);
    await ledger.append(5, toBase64(new Uint8Array(32)));
    const path = join(place.home, "trust", "HEADS");
    putLines(path, linesOf(path).map((line) => line.replace('"gen":5', '"gen":4')));
    await expect(Promise.resolve(ledger.read())).rejects.toThrow(expect.objectContaining({ code: "LEDGER_BROKEN" }));
  });

  it("believes an identity that was announced, and none that was replaced", async () => {
    const place = await makePlace();
    const mac = toBase64(new Uint8Array(32).fill(7));
    const { home, keys, clock, random } = place;
    const rotated = await rotateIdentity({ home, keys, clock, random }, async (next) => {
      await announceIdentity({ ...place, next: next.publicKey });
      const own = { ...place.keys, auditSign: next, auditBoxSecret: () => null };
      await announceIdentity({ ...place, keys: own, next: next.publicKey });
      await createVaultLedger({ ...place, keys: own }).append(3, mac);
    });
    // Killed before it took effect, or not: either of them believes the mark.
    expect(await createVaultLedger({ ...place, keys: rotated }).read()).toEqual({ gen: 3, mac });
    expect(await createVaultLedger(place).read()).toEqual({ gen: 3, mac });
    // Threat: whoever has the key that was replaced puts an older vault back, with a mark that says so.
    await createVaultLedger(place).append(2, mac);
    const later = createVaultLedger({ ...place, keys: rotated }).read();
    await expect(Promise.resolve(later)).rejects.toThrow(expect.objectContaining({ code: "LEDGER_BROKEN" }));
  });

  it("does not take the name of a project for a line about the vault", async () => {
    const place = await makePlace();
    await recordSession(place, 1, { project: '/tmp/x","kind":"vault","gen":9' });
    expect(await createVaultLedger(place).read()).toBeNull();
  });
});

describe("a new identity", () => {
  it("is vouched for by the old one: what either signed stays sound", async () => {
    const place = await makePlace();
    await recordSession(place);
    const { home, keys, clock, random } = place;
    const rotated = await rotateIdentity(
      { home, keys, clock, random },
      (next) => announceIdentity({ ...place, next: next.publicKey }),
    );
    expect(rotated.auditSign.kid).not.toBe(keys.auditSign.kid);
    await recordSession(place, 2, { keys: rotated });
    const after = await verify(verifyOptions(place, { identity: rotated.auditSign.publicKey }));
    expect(after).toMatchObject({ ok: true, sessions: [{ ok: true }, { ok: true }] });
    expect((await verify(verifyOptions(place, { pin: keys.auditSign.publicKey, identity: null }))).ok).toBe(true);
    const stranger = await makePlace("stranger");
    expect((await verify(verifyOptions(place, { pin: stranger.keys.auditSign.publicKey }))).ok).toBe(false);
    expect((await openKeys({ home, random })).auditSign.kid).toBe(rotated.auditSign.kid);
  });
});

describe("a ledger", () => {
  it("of the user in the place of the project's is told, however well signed it is", async () => {
    const place = await makePlace();
    await recordSession(place);
    expect(await publicCodes(place)).toEqual([]);
    putLines(join(place.dir, "HEADS"), linesOf(join(place.home, "trust", "HEADS")));
    expect(await publicCodes(place)).toEqual(["LEDGER_BROKEN"]);
  });
});

describe("a stranger", () => {
  it("who shares the folder is verified by the key that is pinned, whatever our own user ledger saw", async () => {
    const [own, stranger] = [await makePlace(), await makePlace("stranger")];
    await recordSession(own);
    const { dir, project } = own;
    const log = await stranger.open({ dir, project });
    await log.close("ok");
    const pinned = { pin: stranger.keys.auditSign.publicKey, session: log.session };
    expect((await verify(verifyOptions(own, pinned))).ok).toBe(true);
    const ours = await verify(verifyOptions(own, { session: log.session }));
    expect(ours.sessions[0]?.problems.map(({ code }) => code)).toContain("HEADER_SIG");
    putLines(log.file, linesOf(log.file).slice(0, -1));
    expect((await verify(verifyOptions(own, pinned))).sessions[0]?.problems.map(({ code }) => code)).toEqual([
      "TRUNCATED",
    ]);
  });

  it("cannot make a record of its own pass by naming the pinned key as its successor", async () => {
    const [pinned, stranger] = [await makePlace(), await makePlace("stranger")];
    await recordSession(stranger);
    await announceIdentity({ ...stranger, next: pinned.keys.auditSign.publicKey });
    const seen = await verify(verifyOptions(stranger, { pin: pinned.keys.auditSign.publicKey, identity: null }));
    expect(seen.ok).toBe(false);
  });
});

describe("retention", () => {
  it("removes whole closed sessions past their time, and verify knows", async () => {
    const place = await makePlace();
    const old = await recordSession(place);
    const open = await place.open();
    const long = new Date(Date.now() - 400 * 86_400_000);
    for (const path of [old.file, open.file]) utimesSync(path, long, long);
    place.clock.wall = Date.now();
    await recordSession(place, 1);
    expect(existsSync(old.file)).toBe(true);
    // After a silence this long the clock may have been set forward: only a week of sessions bears it out.
    await recordSession(place, 1, { settings: { prune: "auto" } });
    expect(existsSync(old.file)).toBe(true);
    place.clock.wall += 7 * 86_400_000;
    await recordSession(place, 1, { settings: { prune: "auto" } });
    expect(existsSync(old.file)).toBe(false);
    expect(existsSync(open.file)).toBe(true);
    expect(await publicCodes(place)).toEqual([]);
    for (const path of [join(place.dir, "HEADS"), join(place.home, "trust", "HEADS")]) {
      expect(linesOf(path).filter((line) => line.includes('"kind":"prune"'))).toHaveLength(1);
    }
    await open.close("ok");
  });

  it("keeps what is damaged: it is evidence", async () => {
    const place = await makePlace();
    const old = await recordSession(place);
    putLines(old.file, linesOf(old.file).toSpliced(2, 1));
    const long = new Date(Date.now() - 400 * 86_400_000);
    utimesSync(old.file, long, long);
    place.clock.wall = Date.now();
    await recordSession(place, 1);
    place.clock.wall += 7 * 86_400_000;
    await recordSession(place, 1, { settings: { prune: "auto" } });
    expect(existsSync(old.file)).toBe(true);
    expect(await publicCodes(place)).toEqual(["CHAIN_BROKEN"]);
  });
});
