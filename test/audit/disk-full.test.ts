import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { type LogFiles, NODE_FILES } from "../../audit/log-files.ts";
import { verify } from "../../audit/mod.ts";
import { readOnly, smallDisk, unmount } from "../support/mount.ts";
import {
  eventsOf,
  linesOf,
  makePlace,
  must,
  type Place,
  publicCodes,
  recordCalls,
  recordSession,
  verifyOptions,
} from "./support.ts";

interface Fault {
  /** Bytes that still fit; `Infinity` for a healthy disk. */
  room: number;
  /** `true`: say so by throwing, as Deno does, although the bytes that fit are in the file. */
  throws: boolean;
  code: string;
  syncFails: boolean;
  /** Files that the disk holds; others are on another one. */
  on: (path: string) => boolean;
}

/** The real file system with a disk that fills up or breaks. */
function faulty(fault: Fault): LogFiles {
  const paths = new Map<number, string>();
  function fail(): never {
    throw Object.assign(new Error(fault.code), { code: fault.code });
  }
  function remember(path: string, fd: number): number {
    paths.set(fd, path);
    return fd;
  }
  return {
    ...NODE_FILES,
    create: (path) => remember(path, NODE_FILES.create(path)),
    openAppend: (path) => remember(path, NODE_FILES.openAppend(path)),
    write(fd, bytes) {
      if (!fault.on(paths.get(fd) ?? "")) return NODE_FILES.write(fd, bytes);
      const fits = Math.min(bytes.length, fault.room);
      fault.room -= fits;
      const stored = fits === 0 ? 0 : NODE_FILES.write(fd, bytes.subarray(0, fits));
      if (stored < bytes.length && (fault.throws || stored === 0)) fail();
      return stored;
    },
    async sync(fd) {
      if (fault.syncFails) fail();
      await NODE_FILES.sync(fd);
    },
    syncNow(fd) {
      if (fault.syncFails) fail();
      NODE_FILES.syncNow(fd);
    },
  };
}

function healthy(): Fault {
  return { room: Infinity, throws: false, code: "ENOSPC", syncFails: false, on: () => true };
}

/** Gives back room when the reserve goes, as a real disk does. */
function withReserve(place: Place, fault: Fault): LogFiles {
  const files = faulty(fault);
  return {
    ...files,
    write(fd, bytes) {
      if (fault.room !== Infinity && !existsSync(join(place.dir, ".reserve"))) fault.room = Infinity;
      return files.write(fd, bytes);
    },
  };
}

describe("a full disk", () => {
  test.for(
    [
      ["a short write", false, 100],
      ["a short write and an exception", true, 100],
      ["no room at all", false, 0],
    ] as const,
  )("seals the session after the identical line: %s", async ([, throws, room]) => {
    const place = await makePlace();
    const fault = { ...healthy(), throws };
    const log = await place.open({ files: withReserve(place, fault) });
    await recordCalls(log, 3);
    fault.room = room;
    expect(() => log.append({ event: "intent", execution_id: "exe_x", decision: "allow", reason: "the last one" }))
      .toThrow(
        expect.objectContaining({ code: "AUDIT_UNWRITABLE" }),
      );
    expect(log.failed).toBe(true);
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await expect(log.barrier(1, true)).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    expect(existsSync(join(place.dir, ".reserve"))).toBe(false);
    const events = await eventsOf(place, log.session);
    expect(events.slice(-2).map(({ event }) => [event?.event, event?.reason])).toEqual([
      ["intent", "the last one"],
      ["audit.failed", expect.stringContaining("disk is full")],
    ]);
    expect(linesOf(log.file).at(-1)).toContain('"exit":"failed"');
    expect(await verify(verifyOptions(place))).toMatchObject({
      ok: true,
      sessions: [{ closed: true, torn: 0, dangling: 1 }],
    });
  });

  it("leaves the session unclosed and sound when even the reserve does not help", async () => {
    const place = await makePlace();
    const fault = healthy();
    const log = await place.open({ files: faulty(fault) });
    await recordCalls(log, 3);
    const before = readFileSync(log.file);
    fault.room = 50;
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    expect(readFileSync(log.file)).toEqual(before);
    expect(await verify(verifyOptions(place))).toMatchObject({ ok: true, sessions: [{ closed: false, torn: 0 }] });
  });

  test.for(["EIO", "EROFS", "EDQUOT"])(
    "denies everything after %s, and what was recorded stays sound",
    async (code) => {
      const place = await makePlace();
      const fault = { ...healthy(), code, throws: true };
      const log = await place.open({ files: faulty(fault) });
      await recordCalls(log, 3);
      const before = readFileSync(log.file);
      fault.room = 0;
      expect(() => log.append({ event: "intent", decision: "allow" })).toThrow(
        expect.objectContaining({ code: "AUDIT_UNWRITABLE", message: expect.stringContaining(code) }),
      );
      fault.room = Infinity;
      for (const event of ["intent", "result", "approval"] as const) {
        expect(() => log.append({ event })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
      }
      await expect(log.barrier(1, false)).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
      await log.close("failed");
      expect(readFileSync(log.file).subarray(0, before.length)).toEqual(before);
      expect(await verify(verifyOptions(place))).toMatchObject({ ok: true, sessions: [{ checked: "full", torn: 0 }] });
      // A new session on the healthy disk starts as if nothing had been.
      await recordSession(place, 1);
      expect(await publicCodes(place)).toEqual([]);
    },
  );

  it("writes nothing behind a line that was lost, even when there is room again", async () => {
    const place = await makePlace();
    let failures = 0;
    const files = {
      ...NODE_FILES,
      write: (fd: number, bytes: Uint8Array): number => failures-- > 0 ? 0 : NODE_FILES.write(fd, bytes),
    };
    const log = await place.open({ files });
    await recordCalls(log, 3);
    const before = readFileSync(log.file);
    failures = 2;
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    // The key of the lost line is used up: what followed it could never be read.
    expect(readFileSync(log.file)).toEqual(before);
    expect(await verify(verifyOptions(place))).toMatchObject({
      ok: true,
      sessions: [{ checked: "full", closed: false }],
    });
  });

  it("denies when a checkpoint does not fit any more", async () => {
    const place = await makePlace();
    const fault = healthy();
    const log = await place.open({ files: faulty(fault) });
    const { seq } = log.append({ event: "intent", decision: "allow", capability: "shell_command" });
    fault.room = 20;
    await expect(log.barrier(seq, true)).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    expect(() => log.append({ event: "result" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  test.for(["project", "home"] as const)(
    "denies when the ledger of the %s cannot take the head, and the record stays sound",
    async (which) => {
      const place = await makePlace();
      const fault = healthy();
      const ledger = which === "project" ? join(place.dir, "HEADS") : join(place.home, "trust", "HEADS");
      fault.on = (path) => path === ledger;
      const log = await place.open({ files: faulty(fault) });
      const { seq } = log.append({ event: "intent", decision: "allow", capability: "shell_command" });
      fault.room = 10;
      const waiting = log.barrier(seq, true);
      // More heads are queued while the first one fails.
      for (let i = 0; i < 130; i++) log.append({ event: "result" });
      await expect(waiting).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
      await log.close("failed");
      expect(readFileSync(ledger, "utf8").endsWith("\n")).toBe(true);
      expect(await verify(verifyOptions(place))).toMatchObject({ ok: true, sessions: [{ closed: false }] });
    },
  );

  it("keeps its promise to whoever waits when a sync fails", async () => {
    const place = await makePlace();
    const fault = { ...healthy(), code: "EIO" };
    const log = await place.open({ files: faulty(fault) });
    const { seq } = log.append({ event: "intent", decision: "allow", capability: "shell_command" });
    fault.syncFails = true;
    const waiting = [log.barrier(seq, true), log.barrier(seq, true)];
    for (const each of await Promise.allSettled(waiting)) expect(each.status).toBe("rejected");
    expect(log.failed).toBe(true);
    fault.syncFails = false;
    await log.close("failed");
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("starts no session without its reserve", async () => {
    const place = await makePlace();
    const fault = { ...healthy(), room: 1000 };
    await expect(place.open({ files: faulty(fault) })).rejects.toThrow(
      expect.objectContaining({ code: "AUDIT_UNWRITABLE" }),
    );
    expect(existsSync(join(place.dir, ".reserve"))).toBe(false);
    fault.room = 70_000;
    await expect(place.open({ files: faulty({ ...fault, room: 65_536 }) })).rejects.toThrow(
      expect.objectContaining({ code: "AUDIT_UNWRITABLE" }),
    );
    const log = await recordSession(place, 1);
    expect((await verify(verifyOptions(place))).sessions.find(({ session }) => session === log.session)?.ok).toBe(true);
    expect(await publicCodes(place)).toEqual([]);
  });

  it("denies when an anchor cannot be written: the person asked for it", async () => {
    const place = await makePlace();
    const anchor = join(place.root, "no", "such", "mount", "HEADS");
    await expect(place.open({ settings: { anchors: [anchor] } })).rejects.toThrow(
      expect.objectContaining({ code: "AUDIT_UNWRITABLE" }),
    );
    mkdirSync(join(place.root, "no", "such", "mount"), { recursive: true });
    await recordSession(place, 2, { settings: { anchors: [anchor] } });
    expect((await verify(verifyOptions(place, { anchors: [anchor] }))).ok).toBe(true);
    expect(linesOf(anchor).length).toBeGreaterThan(1);
  });
});

describe("a real small disk", () => {
  it("is written until it is full; then the session is sealed and the file verifies", async (context) => {
    const place = await makePlace();
    const disk = join(place.root, "disk");
    smallDisk(context, disk, { size: "512k" });
    const dir = join(disk, "audit");
    const log = await place.open({ dir });
    let refused: unknown = null;
    let last = 0;
    for (let i = 0; i < 3000 && refused === null; i++) {
      try {
        last = log.append({ event: "intent", execution_id: `exe_${i}`, decision: "allow", reason: `call ${i}` }).seq;
        log.append({ event: "result", execution_id: `exe_${i}`, result: { status: "ok" } });
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ code: "AUDIT_UNWRITABLE" });
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    expect(existsSync(join(dir, ".reserve"))).toBe(false);
    expect(statSync(log.file).size).toBeGreaterThan(200_000);
    expect(must(linesOf(log.file).at(-1))).toContain('"exit":"failed"');
    const report = await verify(verifyOptions(place, { dir }));
    expect(report).toMatchObject({ ok: true, sessions: [{ ok: true, closed: true, torn: 0, checked: "full" }] });
    expect(must(report.sessions[0]).events).toBeGreaterThan(last);
    // Somebody else takes the rest: without room for the reserve nothing starts.
    try {
      writeFileSync(join(disk, "other"), Buffer.alloc(1_000_000));
    } catch {
      // Full, as intended.
    }
    await expect(place.open({ dir })).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
  });

  it("denies what is risky once it has become read-only, and the record stays sound", async (context) => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 3);
    // Open descriptors go on working; whatever has to be opened or made anew does not.
    onTestFinished(() => log.close("ok"));
    readOnly(context, place.dir);
    const { seq } = log.append({ event: "intent", decision: "allow", capability: "shell_command" });
    await expect(log.barrier(seq, true)).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    await expect(place.open()).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    unmount(place.dir);
    await recordSession(place, 1);
    expect(await publicCodes(place)).toEqual([]);
  });
});
