import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { NODE_FILES } from "../../audit/log-files.ts";
import type { LogFiles } from "../../audit/log-files.ts";
import { CoreError } from "../../core/mod.ts";
import { SYNC_POLICIES, verify } from "../../audit/mod.ts";
import {
  eventsOf,
  linesOf,
  makePlace,
  must,
  type Place,
  recordCalls,
  recordSession,
  verifyOptions,
} from "./support.ts";

/** The real file system, counting how often bytes are forced to the disk. */
function counting(): { readonly files: LogFiles; syncs: number } {
  const counter = {
    syncs: 0,
    files: {
      ...NODE_FILES,
      async sync(fd: number): Promise<void> {
        counter.syncs++;
        await NODE_FILES.sync(fd);
      },
      syncNow(fd: number): void {
        counter.syncs++;
        NODE_FILES.syncNow(fd);
      },
    },
  };
  return counter;
}

function kinds(path: string): string {
  return linesOf(path).map((line) => line.charAt(6)).join("");
}

function headsOf(place: Place): number {
  return linesOf(join(place.dir, "HEADS")).length;
}

describe("openAuditLog()", () => {
  it("begins with session.start and ends with session.end", async () => {
    const place = await makePlace();
    const log = await recordSession(place, 1, { start: { reason: "scanner ready" } });
    const events = await eventsOf(place, log.session);
    expect(events.map(({ event }) => event?.event)).toEqual(["session.start", "intent", "result", "session.end"]);
    expect(events[0]?.event?.reason).toBe(
      `agentzero 0.1.0, test; sync risky; readers ${place.keys.auditBox.kid}; scanner ready`,
    );
    expect(events[0]?.event).toMatchObject({ policy: expect.stringMatching(/^b2:/), session_id: log.session });
    expect(events[1]?.event).toMatchObject({
      timestamp: "2025-11-20T22:04:09.123Z",
      mono_ms: 0,
      actor: { front: "cli" },
    });
  });

  it("makes files of mode 0600 in folders of mode 0700", async () => {
    const place = await makePlace();
    await recordSession(place);
    for (const dir of [place.dir, join(place.home, "trust")]) {
      expect(statSync(dir).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(dir)) {
        expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
      }
    }
    expect(readdirSync(place.dir)).toContain(".reserve");
    expect(statSync(join(place.dir, ".reserve")).size).toBe(65_536);
  });

  it("closes a folder of its own that others could look into", async () => {
    const place = await makePlace();
    mkdirSync(place.dir, { recursive: true });
    chmodSync(place.dir, 0o775);
    await recordSession(place);
    expect(statSync(place.dir).mode & 0o777).toBe(0o700);
  });

  it("refuses a folder that is a link, and one that everybody may change", async () => {
    const place = await makePlace();
    mkdirSync(join(place.project, ".agentzero"), { recursive: true });
    mkdirSync(join(place.root, "elsewhere"));
    symlinkSync(join(place.root, "elsewhere"), place.dir);
    await expect(place.open()).rejects.toThrow(expect.objectContaining({ code: "LOG_UNSAFE" }));
    expect(readdirSync(join(place.root, "elsewhere"))).toEqual([]);
    const other = await makePlace();
    mkdirSync(other.dir, { recursive: true });
    chmodSync(other.dir, 0o777);
    await expect(other.open()).rejects.toThrow(expect.objectContaining({ code: "LOG_UNSAFE" }));
  });

  it("refuses a folder that belongs to somebody else", async (context) => {
    if (process.getuid?.() !== 0) {
      process.stderr.write("skipped: only root can give a folder away\n");
      context.skip();
    }
    const place = await makePlace();
    mkdirSync(place.dir, { recursive: true, mode: 0o700 });
    chownSync(place.dir, 12_345, 12_345);
    await expect(place.open()).rejects.toThrow(expect.objectContaining({ code: "LOG_UNSAFE" }));
    expect(readdirSync(place.dir)).toEqual([]);
  });

  it("writes through no link in place of the ledger", async () => {
    const place = await makePlace();
    await recordSession(place);
    const other = await makePlace();
    mkdirSync(other.dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(other.root, "target"), "");
    symlinkSync(join(other.root, "target"), join(other.dir, "HEADS"));
    await expect(other.open()).rejects.toThrow(expect.objectContaining({ code: "LOG_UNSAFE" }));
    expect(statSync(join(other.root, "target")).size).toBe(0);
  });

  it("refuses a new session when the record has reached its limit, and warns before that", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    const { size } = statSync(log.file);
    await expect(place.open({ settings: { max_bytes: size } })).rejects.toThrow(
      expect.objectContaining({ code: "AUDIT_FULL" }),
    );
    const warned = await place.open({ settings: { max_bytes: Math.ceil(size / 0.9) } });
    expect(warned.warnings).toEqual([expect.stringMatching(/^the audit log fills (89|90) % of audit.max_bytes$/)]);
    await warned.close("ok");
  });
});

describe("append()", () => {
  it("gives 1,000 concurrent calls the numbers 1 to n without a gap", async () => {
    const place = await makePlace();
    const log = await place.open();
    const seqs = await Promise.all(Array.from({ length: 1000 }, async (_, index) => {
      await Promise.resolve();
      const { seq } = log.append({ event: "intent", execution_id: `exe_${index}`, decision: "allow" });
      await log.barrier(seq, index % 3 === 0);
      return [seq, log.append({ event: "result", execution_id: `exe_${index}` }).seq];
    }));
    await log.close("ok");
    expect(seqs.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 2));
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("writes a checkpoint every 64 events, without waiting for anybody", async () => {
    const place = await makePlace();
    const log = await place.open();
    for (let i = 0; i < 200; i++) log.append({ event: "result" });
    expect(kinds(log.file)).toMatch(/^h(e{64}c){3}e+$/);
    await log.close("ok");
  });

  it("refuses a value of the wrong type and goes on", async () => {
    const place = await makePlace();
    const log = await place.open();
    expect(() => log.append({ event: "intent", capability: "fly" as never })).toThrow(
      expect.objectContaining({ code: "EVENT_INVALID" }),
    );
    expect(log.append({ event: "intent" }).seq).toBe(2);
    await log.close("ok");
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("writes nothing when masking fails, and goes on", async () => {
    const place = await makePlace();
    let broken = true;
    const log = await place.open({
      mask(text) {
        if (broken && text.includes("odd")) throw new CoreError("REDACTION_FAILED", "Cannot mask");
        return text;
      },
    });
    const size = statSync(log.file).size;
    expect(() => log.append({ event: "intent", reason: "odd" })).toThrow(
      expect.objectContaining({ code: "REDACTION_FAILED" }),
    );
    expect([statSync(log.file).size, log.failed]).toEqual([size, false]);
    broken = false;
    expect(log.append({ event: "intent", reason: "odd" }).seq).toBe(2);
    await log.close("ok");
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("masks values that somebody forgot to mask", async () => {
    const place = await makePlace();
    const log = await place.open({ mask: (text) => text.replaceAll("tok_fake_0123456789", "[SECRET_AAAAAAAA]") });
    log.append({ event: "intent", reason: "with tok_fake_0123456789", actions: [{ target: "tok_fake_0123456789" }] });
    await log.close("ok");
    expect(JSON.stringify(await eventsOf(place, log.session))).not.toContain("tok_fake");
  });

  it("keeps targets out of the file, and shows only what the settings allow", async () => {
    const place = await makePlace();
    const plain = await recordSession(place, 1);
    expect(linesOf(plain.file).join("")).not.toContain("file_read");
    const clear = await place.open({ settings: { clear: ["decision", "event"] } });
    clear.append({ event: "intent", decision: "deny", capability: "file_read", reason: "because" });
    await clear.close("ok");
    const line = must(linesOf(clear.file).find((each) => each.includes('"intent"')));
    expect(line).toContain('"clear":{"event":"intent","decision":"deny"},"ct":"');
    expect(line).not.toMatch(/file_read|because/);
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("notes a step of the wall clock", async () => {
    const place = await makePlace();
    const log = await place.open();
    place.clock.advance(5000);
    log.append({ event: "result" });
    place.clock.wall -= 3_600_000;
    log.append({ event: "result" });
    log.append({ event: "result" });
    await log.close("ok");
    const events = await eventsOf(place, log.session);
    expect(events.filter(({ event }) => event?.event === "clock.step").map(({ event }) => event?.reason)).toEqual([
      "the wall clock moved by -3600000 ms",
    ]);
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("refuses everything after the end", async () => {
    const place = await makePlace();
    const log = await recordSession(place);
    expect(() => log.append({ event: "intent" })).toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await expect(log.barrier(1, true)).rejects.toThrow(expect.objectContaining({ code: "AUDIT_UNWRITABLE" }));
    await log.close("failed");
    expect(kinds(log.file).endsWith("z")).toBe(true);
    expect(linesOf(log.file).at(-1)).toContain('"exit":"ok"');
  });
});

describe("barrier()", () => {
  it("covers a risky intent with a checkpoint whose head both ledgers have", async () => {
    const place = await makePlace();
    const log = await place.open();
    const { seq } = log.append({ event: "intent", decision: "allow", capability: "shell_command" });
    expect(kinds(log.file)).toBe("hee");
    await log.barrier(seq, true);
    expect(kinds(log.file)).toBe("heec");
    const last = JSON.parse(must(linesOf(join(place.dir, "HEADS")).at(-1))) as Record<string, unknown>;
    expect(last).toMatchObject({ kind: "head", session: log.session, seg: 1, seq: 2, size: 4 });
    const user = JSON.parse(must(linesOf(join(place.home, "trust", "HEADS")).at(-1))) as Record<string, unknown>;
    expect(user).toMatchObject({ kind: "head", dir: place.project, size: 4, root: last["root"], head: last["head"] });
    await log.barrier(seq, true);
    expect(kinds(log.file)).toBe("heec");
    await log.close("ok");
  });

  it("lets a plain read pass without checkpoint, sync or ledger line", async () => {
    const place = await makePlace();
    const counter = counting();
    const log = await place.open({ files: counter.files });
    const [syncs, heads] = [counter.syncs, headsOf(place)];
    const { seq } = log.append({ event: "intent", decision: "allow", capability: "file_read" });
    await log.barrier(seq, false);
    expect([counter.syncs, headsOf(place), kinds(log.file)]).toEqual([syncs, heads, "hee"]);
    await log.close("ok");
    expect(counter.syncs - syncs).toBe(1);
  });

  it("lets all who wait share one checkpoint", async () => {
    const place = await makePlace();
    const counter = counting();
    const log = await place.open({ files: counter.files });
    const before = counter.syncs;
    await Promise.all(
      Array.from({ length: 50 }, () => log.barrier(log.append({ event: "intent", decision: "allow" }).seq, true)),
    );
    expect(kinds(log.file).match(/c/g)).toHaveLength(1);
    expect(counter.syncs - before).toBe(1);
    await log.close("ok");
  });

  test.for(SYNC_POLICIES)("is sound with sync %s", async (sync) => {
    const place = await makePlace();
    const counter = counting();
    const log = await place.open({ settings: { sync }, files: counter.files });
    const before = counter.syncs;
    await log.barrier(log.append({ event: "intent", decision: "allow", capability: "file_read" }).seq, false);
    const plain = counter.syncs - before;
    await log.barrier(log.append({ event: "intent", decision: "allow", capability: "shell_command" }).seq, true);
    const risky = counter.syncs - before - plain;
    await log.close("ok");
    const closing = counter.syncs - before - plain - risky;
    expect({ plain: plain > 0, risky: risky > 0, closing: closing > 0 }).toEqual({
      plain: sync === "each" || sync === "group",
      risky: sync !== "none",
      closing: true,
    });
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });
});

describe("what nobody waits for", () => {
  it("comes to the ledgers within 5 ms after a deny, within 5 s after anything else", async () => {
    const place = await makePlace();
    const log = await place.open();
    await log.barrier(1, true);
    const heads = headsOf(place);
    log.append({ event: "result" });
    expect(place.timers.delays).toContain(5000);
    expect(place.timers.delays).toContain(1000);
    place.timers.fire(5000);
    await expect.poll(() => headsOf(place)).toBe(heads + 1);
    log.append({ event: "intent", decision: "deny" });
    expect(place.timers.delays[0]).toBe(5);
    place.timers.fire(5);
    await expect.poll(() => headsOf(place)).toBe(heads + 2);
    await log.close("ok");
  });

  test.for(["approval", "vault.change", "key.change", "secret.leak", "trust.change"] as const)(
    "%s gets a checkpoint at once",
    async (event) => {
      const place = await makePlace();
      const log = await place.open();
      await log.barrier(1, true);
      log.append({ event });
      place.timers.fire(5);
      await expect.poll(() => kinds(log.file)).toBe("hecec");
      await log.close("ok");
    },
  );
});

describe("rotation", () => {
  it("opens a new segment on a new day, when no call is in flight", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 1);
    const open = log.append({ event: "intent", execution_id: "exe_open", decision: "allow" });
    place.clock.advance(86_400_000);
    log.append({ event: "intent", execution_id: "exe_other", decision: "allow" });
    expect(log.file.endsWith(`${log.session}.jsonl`)).toBe(true);
    log.append({ event: "result", execution_id: "exe_open" });
    log.append({ event: "result", execution_id: "exe_other" });
    const { seq } = log.append({ event: "intent", execution_id: "exe_new", decision: "allow" });
    expect(log.file.endsWith(`${log.session}.2.jsonl`)).toBe(true);
    await log.barrier(seq, true);
    log.append({ event: "result", execution_id: "exe_new" });
    await log.close("ok");
    expect(seq).toBe(open.seq + 4);
    const report = await verify(verifyOptions(place));
    expect(report.sessions).toMatchObject([{ ok: true, segments: 2, closed: true, events: seq + 2, checked: "full" }]);
    expect(linesOf(join(place.dir, `${log.session}.jsonl`)).at(-1)).toContain('"exit":"rotated"');
  });
});
