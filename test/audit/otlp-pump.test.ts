import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AuditLog, type OtlpAnswer, OtlpPump } from "../../audit/mod.ts";
import { makePlace, must, type Place } from "./support.ts";

interface Receiver {
  /** Keys of the events that were acknowledged, in the order they came. */
  readonly got: string[];
  readonly dropped: (readonly [number, number])[];
  readonly bodies: string[];
  answer: () => OtlpAnswer;
  onDropped: (count: number, status: number) => void;
  /** Takes a request and never answers. */
  hang: boolean;
  pump(place: Place, log: AuditLog, from?: number): OtlpPump;
}

function receiver(): Receiver {
  const self: Receiver = {
    got: [],
    dropped: [],
    bodies: [],
    answer: () => answered(200),
    hang: false,
    onDropped: (count, status) => void self.dropped.push([count, status]),
    pump: (place, log, from = 0) =>
      new OtlpPump({
        dir: place.dir,
        session: log.session,
        from,
        writer: place.writer,
        clock: place.clock,
        secretOf: (kid) => place.keys.auditBoxSecret(kid),
        origin: { version: "0.1.0" },
        timers: place.timers,
        random: place.random,
        post(body, signal) {
          const answer = self.answer();
          self.bodies.push(body);
          if (self.hang) {
            return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
          }
          if (answer.status === 200) {
            self.got.push(...must(body.match(/ses_[0-9A-Z]{26}\+\d+/g)).map((key) => key.slice(-2)));
          }
          return answer.status === 0 ? Promise.reject(new Error("no connection")) : Promise.resolve(answer);
        },
        onDropped: (count, status) => self.onDropped(count, status),
      }),
  };
  return self;
}

function answered(status: number, change: Partial<OtlpAnswer> = {}): OtlpAnswer {
  return { status, retryAfterMs: null, rejected: 0, ...change };
}

/** Waits until nothing more is left to read. */
async function settled(to: Receiver, keys: readonly string[]): Promise<void> {
  await expect.poll(() => to.got).toEqual(keys);
}

describe("OtlpPump", () => {
  it("hands over what is recorded within a second, metadata only, and remembers how far", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    const pump = to.pump(place, log);
    log.append({
      event: "intent",
      decision: "deny",
      reason: "private words",
      actions: [{ target: "/home/me/secret.txt" }],
    });
    pump.wake();
    expect(to.got).toEqual([]);
    place.timers.fire(1000);
    await expect.poll(() => to.got).toEqual(["+1", "+2"]);
    expect(to.bodies.join("")).not.toMatch(/private words|secret\.txt/);
    await expect.poll(() => readFileSync(join(place.dir, "otlp.cursor"), "utf8")).toMatch(/"seq":2\}\n$/);
    log.append({ event: "telemetry.start" });
    log.append({ event: "result" });
    await log.close("ok");
    await pump.stop();
    expect(to.got).toEqual(["+1", "+2", "+4", "+5"]);
  });

  it("tries again after a failure, with the same events, and never loses one", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    const pump = to.pump(place, log);
    const answers = [answered(0), answered(503), answered(429, { retryAfterMs: 7000 })];
    to.answer = () => answers.shift() ?? answered(200);
    pump.wake();
    await expect.poll(() => {
      place.timers.fire(60_000);
      return to.bodies.length;
    }).toBe(4);
    await expect.poll(() => to.got).toEqual(["+1"]);
    expect(new Set(to.bodies).size).toBe(1);
    await log.close("ok");
    await pump.stop();
  });

  it("drops what the receiver refuses for good, and says so", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    const pump = to.pump(place, log);
    to.answer = () => answered(400);
    await pump.stop();
    expect([to.got, to.dropped]).toEqual([[], [[1, 400]]]);
    expect(readFileSync(join(place.dir, "otlp.cursor"), "utf8")).toMatch(/"seq":1\}/);
    await log.close("ok");
  });

  it("goes on where an earlier session stopped, in batches of 512", async () => {
    const place = await makePlace();
    const [first, to] = [await place.open(), receiver()];
    await to.pump(place, first).stop();
    for (let i = 0; i < 600; i++) first.append({ event: "result" });
    await first.close("ok");
    const second = await place.open();
    await to.pump(place, second).stop();
    expect(to.got).toHaveLength(1 + 601 + 1);
    expect(to.bodies.map((body) => body.match(/agentzero\.key/g)?.length)).toEqual([1, 512, 89, 1]);
    await second.close("ok");
  });

  it("starts with its own session when the cursor cannot be read", async () => {
    const place = await makePlace();
    const first = await place.open();
    await first.close("ok");
    writeFileSync(join(place.dir, "otlp.cursor"), "{}", { mode: 0o600 });
    const [second, to] = [await place.open(), receiver()];
    await to.pump(place, second).stop();
    expect(to.got).toEqual(["+1"]);
    await second.close("ok");
  });

  it("sends nothing twice, and goes on with its own lock when two processes record at once", async () => {
    const place = await makePlace();
    const [first, second, to] = [await place.open(), await place.open(), receiver()];
    const [one, two] = [to.pump(place, first), to.pump(place, second)];
    one.wake();
    place.timers.fire(1000);
    await settled(to, ["+1"]);
    two.wake();
    place.timers.fire(1000);
    await settled(to, ["+1", "+1"]);
    second.append({ event: "result" });
    await second.close("ok");
    await two.stop();
    await settled(to, ["+1", "+1", "+2", "+3"]);
    first.append({ event: "result" });
    await first.close("ok");
    await one.stop();
    // The older one ended last: what the newer one sent is not sent again.
    expect(to.got).toEqual(["+1", "+1", "+2", "+3", "+2", "+3"]);
    const third = await place.open();
    await to.pump(place, third).stop();
    expect(to.got).toHaveLength(7);
    await third.close("ok");
  });

  it("sends what a killed session left, and of a resumed one only what is new", async () => {
    const place = await makePlace();
    const [old, to] = [await place.open(), receiver()];
    await old.close("ok");
    const next = await place.open();
    await to.pump(place, next).stop();
    await next.close("ok");
    const resumed = await place.open({ session: old.session });
    resumed.append({ event: "result" });
    const pump = to.pump(place, resumed, 2);
    await pump.stop();
    expect(to.got.map((key) => key.slice(1))).toEqual(
      ["1", "3", "4", "2"].toSorted((a, b) => to.got.indexOf(`+${a}`) - to.got.indexOf(`+${b}`)),
    );
    await resumed.close("ok");
  });

  it("splits what is too large for the receiver, and says how many it left out", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    for (let i = 0; i < 3; i++) log.append({ event: "result" });
    const answers = [answered(413), answered(200), answered(200, { rejected: 1 })];
    to.answer = () => answers.shift() ?? answered(200);
    await to.pump(place, log).stop();
    expect(to.got).toEqual(["+1", "+2", "+3", "+4"]);
    expect(to.dropped).toEqual([[1, 200]]);
    await log.close("ok");
  });

  it("keeps what was refused when that cannot be recorded", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    to.answer = () => answered(400);
    to.onDropped = () => {
      throw new Error("the record is closed");
    };
    await to.pump(place, log).stop();
    expect(readFileSync(join(place.dir, "otlp.cursor"), "utf8")).toMatch(/"offset":0,"seq":0\}\n$/);
    await log.close("ok");
  });

  it("ends at once when the receiver was not there, and within its grace when it is slow", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    const down = to.pump(place, log);
    to.answer = () => answered(0);
    down.wake();
    place.timers.fire(1000);
    await expect.poll(() => to.bodies.length).toBe(1);
    await expect.poll(() => place.timers.delays).toContainEqual(expect.closeTo(750, -3));
    await down.stop();
    expect(to.bodies).toHaveLength(1);
    to.hang = true;
    const slow = to.pump(place, log);
    const stopping = slow.stop();
    await expect.poll(() => to.bodies.length).toBe(2);
    place.timers.fire(1000);
    await stopping;
    expect(to.got).toEqual([]);
    await log.close("ok");
  });
});
