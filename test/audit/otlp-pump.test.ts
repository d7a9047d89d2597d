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
  pump(place: Place, log: AuditLog): OtlpPump;
}

function receiver(): Receiver {
  const self: Receiver = {
    got: [],
    dropped: [],
    bodies: [],
    answer: () => ({ status: 200, retryAfterMs: null }),
    pump: (place, log) =>
      new OtlpPump({
        dir: place.dir,
        session: log.session,
        secretOf: (kid) => place.keys.auditBoxSecret(kid),
        origin: { version: "0.1.0" },
        timers: place.timers,
        random: place.random,
        post(body) {
          const answer = self.answer();
          self.bodies.push(body);
          if (answer.status === 200) {
            self.got.push(...must(body.match(/ses_[0-9A-Z]{26}\+\d+/g)).map((key) => key.slice(-2)));
          }
          return answer.status === 0 ? Promise.reject(new Error("no connection")) : Promise.resolve(answer);
        },
        onDropped: (count, status) => void self.dropped.push([count, status]),
      }),
  };
  return self;
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
    const answers: OtlpAnswer[] = [{ status: 0, retryAfterMs: null }, { status: 503, retryAfterMs: null }, {
      status: 429,
      retryAfterMs: 7000,
    }];
    to.answer = () => answers.shift() ?? { status: 200, retryAfterMs: null };
    pump.wake();
    for (let tries = 1; tries <= 4; tries++) {
      place.timers.fire(60_000);
      await expect.poll(() => to.bodies.length).toBe(tries);
    }
    await expect.poll(() => to.got).toEqual(["+1"]);
    expect(new Set(to.bodies).size).toBe(1);
    await log.close("ok");
    await pump.stop();
  });

  it("drops what the receiver refuses for good, and says so", async () => {
    const place = await makePlace();
    const [log, to] = [await place.open(), receiver()];
    const pump = to.pump(place, log);
    to.answer = () => ({ status: 400, retryAfterMs: null });
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
    expect(to.bodies.map((body) => body.match(/agentzero\.key/g)?.length)).toEqual([1, 512, 90]);
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
});
