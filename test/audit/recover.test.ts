import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { liveness, verify } from "../../audit/mod.ts";
import {
  codesOf,
  eventsOf,
  linesOf,
  makePlace,
  must,
  type Place,
  publicCodes,
  putLines,
  recordCalls,
  recordSession,
  verifyOptions,
} from "./support.ts";

/** A session whose writer is certainly dead: it ran before the last boot. */
async function killed(place: Place, count = 3): Promise<string> {
  const log = await place.open({ writer: { ...place.writer, boot: "00000000-0000-0000-0000-000000000000" } });
  await recordCalls(log, count);
  const { seq } = log.append({
    event: "intent",
    execution_id: "exe_dangling",
    decision: "allow",
    capability: "shell_command",
  });
  await log.barrier(seq, true);
  return log.file;
}

describe("a session whose writer died", () => {
  it("is sound, open, and shows what is dangling", async () => {
    const place = await makePlace();
    await killed(place);
    const report = await verify(verifyOptions(place));
    expect(report).toMatchObject({ ok: true, sessions: [{ ok: true, closed: false, dangling: 1, torn: 0 }] });
  });

  it("is closed by the next start, which notes what was dangling", async () => {
    const place = await makePlace();
    const file = await killed(place);
    const before = readFileSync(file);
    await recordSession(place, 1);
    expect(readFileSync(file)).toEqual(before);
    const report = await verify(verifyOptions(place));
    expect(report).toMatchObject({
      ok: true,
      sessions: [{ segments: 1 }, { ok: true, segments: 2, closed: true, dangling: 1 }],
    });
    const events = await eventsOf(place, must(report.sessions[1]).session);
    expect(events.slice(-2).map(({ event, seg }) => [seg, event?.event, event?.reason])).toEqual([
      [2, "session.recovered", "its writer died; dangling: exe_dangling"],
      [2, "session.end", "interrupted"],
    ]);
    const again = readFileSync(join(place.dir, "HEADS"));
    await recordSession(place, 0);
    expect(readFileSync(join(place.dir, "HEADS"), "utf8").split("open").length).toBe(
      again.toString().split("open").length + 1,
    );
  });

  it("goes on in a next segment when it is resumed, with number and chain", async () => {
    const place = await makePlace();
    const file = await killed(place);
    const session = file.slice(place.dir.length + 1, -".jsonl".length);
    const log = await place.open({ session: session as never });
    expect(log.file).toBe(join(place.dir, `${session}.2.jsonl`));
    await recordCalls(log, 2, 10);
    await log.close("ok");
    const events = await eventsOf(place, session as never);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ seg }) => seg === 2).map(({ event }) => event?.event).slice(0, 2)).toEqual([
      "session.recovered",
      "session.start",
    ]);
    expect((await verify(verifyOptions(place))).ok).toBe(true);
  });

  it("may have left a torn line, which stays where it is and is no damage", async () => {
    const place = await makePlace();
    const file = await killed(place);
    appendFileSync(file, '{"t":"e","seq":99,"ts":17636');
    expect(await verify(verifyOptions(place))).toMatchObject({ ok: true, sessions: [{ torn: 1, closed: false }] });
    await recordSession(place, 1);
    expect(readFileSync(file, "utf8").endsWith('"ts":17636')).toBe(true);
    expect(await verify(verifyOptions(place))).toMatchObject({
      ok: true,
      sessions: [{}, { ok: true, closed: true, torn: 1 }],
    });
  });

  it("is FORKED when whole lines appear behind its noted end", async () => {
    const place = await makePlace();
    const file = await killed(place);
    await recordSession(place, 1);
    const last = must(linesOf(file).at(-1));
    appendFileSync(file, `${last}\n`);
    expect(await publicCodes(place)).toEqual(["FORKED"]);
  });

  it("is TRUNCATED when its first segment loses lines afterwards", async () => {
    const place = await makePlace();
    const file = await killed(place);
    await recordSession(place, 1);
    putLines(file, linesOf(file).slice(0, -3));
    expect(await publicCodes(place)).toContain("TRUNCATED");
  });

  it("is left alone while its writer may still live", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 1);
    await recordSession(place, 1);
    await expect(place.open({ session: log.session })).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_BUSY" }),
    );
    await log.close("ok");
    expect(await verify(verifyOptions(place))).toMatchObject({
      ok: true,
      sessions: [{}, { segments: 1, closed: true }],
    });
  });

  it("is left to verify when it was changed, and does not stop the next start", async () => {
    const place = await makePlace();
    const file = await killed(place);
    putLines(file, linesOf(file).toSpliced(3, 1));
    const log = await recordSession(place, 1);
    const report = await verify(verifyOptions(place));
    expect(report.sessions.find(({ session }) => session === log.session)?.ok).toBe(true);
    expect(codesOf(report)).toEqual(["CHAIN_BROKEN"]);
    const session = file.slice(place.dir.length + 1, -".jsonl".length);
    await expect(place.open({ session: session as never })).rejects.toThrow(
      expect.objectContaining({ code: "CHAIN_BROKEN" }),
    );
  });

  it("may have died between both ledgers: the next start adds the missing line", async () => {
    for (const [lost, count] of [["home", 1], ["dir", 1]] as const) {
      const place = await makePlace(`${lost}${count}`);
      await killed(place);
      const path = lost === "home" ? join(place.home, "trust", "HEADS") : join(place.dir, "HEADS");
      putLines(path, linesOf(path).slice(0, -count));
      expect(await publicCodes(place)).toEqual([]);
      await recordSession(place, 1);
      expect(await publicCodes(place)).toEqual([]);
    }
  });

  it("may have died between both ledgers at its very end", async () => {
    const place = await makePlace();
    const dead = { ...place.writer, boot: "00000000-0000-0000-0000-000000000000" };
    await recordSession(place, 2, { writer: dead });
    const user = join(place.home, "trust", "HEADS");
    putLines(user, linesOf(user).slice(0, -1));
    expect(await publicCodes(place)).toEqual(["LEDGERS_DIFFER"]);
    await recordSession(place, 1);
    expect(await publicCodes(place)).toEqual([]);
  });

  it("may have died before its first line: nothing was recorded, nothing is missing", async () => {
    const place = await makePlace();
    await recordSession(place, 1);
    for (const text of ["", '{"t":"h","v":"azl']) {
      const path = join(place.dir, `${place.newSession()}.jsonl`);
      writeFileSync(path, text);
    }
    expect(await publicCodes(place)).toEqual([]);
    await recordSession(place, 1);
    expect(await publicCodes(place)).toEqual([]);
  });

  it("hides nothing from an auditor whose keys are elsewhere: what dangles is then unknown", async () => {
    const [place, auditor] = [await makePlace(), await makePlace("auditor")];
    const { kid, publicKey } = auditor.keys.auditBox;
    const settings = {
      recipients: "auditor" as const,
      auditor: [`azpub/1 audit-box ${kid} ${Buffer.from(publicKey).toString("base64")}`],
    };
    const log = await place.open({
      settings,
      writer: { ...place.writer, boot: "00000000-0000-0000-0000-000000000000" },
    });
    await recordCalls(log, 2);
    await recordSession(place, 0, { settings });
    const own = await verify(verifyOptions(place));
    expect(own).toMatchObject({
      ok: true,
      sessions: [{ checked: "public" }, { checked: "public", dangling: null, closed: true }],
    });
    const theirs = await verify(verifyOptions(place, { secretOf: (id) => auditor.keys.auditBoxSecret(id) }));
    expect(theirs).toMatchObject({ ok: true, sessions: [{ checked: "full" }, { checked: "full" }] });
    rmSync(log.file);
  });
});

describe("liveness()", () => {
  it("is dead only when that is certain", async () => {
    const { writer } = await makePlace();
    expect(liveness(writer, writer)).toBe("alive");
    expect(liveness({ ...writer, start: writer.start + 1 }, writer)).toBe("dead");
    expect(liveness({ ...writer, boot: "other" }, writer)).toBe("dead");
    expect(liveness({ ...writer, pid: 4_194_304 }, writer)).toBe("dead");
    expect(liveness({ ...writer, ns: "pid:[1]", start: 1 }, writer)).toBe("alive");
    expect(liveness({ ...writer, boot: "", start: 1 }, writer)).toBe("alive");
  });
});
