import { describe, expect, it } from "vitest";
import { createDeadline } from "../../../sandbox/wasm/deadline.ts";
import type { Guest } from "../../../sandbox/wasm/guest.ts";
import { createPool, POOL_LIMITS } from "../../../sandbox/wasm/pool.ts";
import { createHandTimers } from "../../support/hand-timers.ts";

const { signal } = new AbortController();

interface Counted extends Guest {
  ended: boolean;
  runs: number;
}

function guest(): Counted {
  return {
    where: "thread",
    runs: 0,
    alive: true,
    ended: false,
    run: () => Promise.reject(new TypeError("a pool runs nothing")),
    kill() {
      this.ended = true;
      return Promise.resolve(true);
    },
  };
}

describe("createPool()", () => {
  it("gives a guest again for the same component only", async () => {
    const pool = createPool({ timers: createHandTimers() });
    const one = guest();
    const first = await pool.take("a", signal, () => one);
    first.give(true);
    const other = await pool.take("b", signal, guest);
    const again = await pool.take("a", signal, guest);
    expect([first.warm, other.warm, again.warm, again.guest === one]).toEqual([false, false, true, true]);
  });
  it("never gives one that was stopped, is gone, or is worn out", async () => {
    const pool = createPool({ timers: createHandTimers() });
    const stopped = guest();
    (await pool.take("a", signal, () => stopped)).give(false);
    expect(stopped.ended).toBe(true);
    const worn = guest();
    const lease = await pool.take("a", signal, () => worn);
    worn.runs = POOL_LIMITS.calls;
    lease.give(true);
    expect(worn.ended).toBe(true);
    let alive = true;
    const gone: Guest = Object.defineProperty(guest(), "alive", { get: () => alive });
    (await pool.take("a", signal, () => gone)).give(true);
    alive = false;
    expect((await pool.take("a", signal, guest)).warm).toBe(false);
  });
  it("keeps two warm, and those for a minute", async () => {
    const timers = createHandTimers();
    const pool = createPool({ timers });
    const guests = [guest(), guest(), guest()];
    const leases = await Promise.all(guests.map((one, at) => pool.take(String(at), signal, () => one)));
    for (const lease of leases) lease.give(true);
    expect(guests.map(({ ended }) => ended)).toEqual([true, false, false]);
    await timers.fire(60_000);
    expect(guests.map(({ ended }) => ended)).toEqual([true, true, false]);
    await pool.close();
    expect(guests.map(({ ended }) => ended)).toEqual([true, true, true]);
  });
  it("runs eight at once, queues 64, then says BUSY", async () => {
    const pool = createPool({ timers: createHandTimers() });
    const leases = await Promise.all(Array.from({ length: 8 }, () => pool.take("a", signal, guest)));
    const stop = new AbortController();
    const queued = Array.from({ length: 64 }, () => pool.take("a", stop.signal, guest));
    await expect(pool.take("a", signal, guest)).rejects.toMatchObject({ code: "BUSY" });
    leases[0]?.give(false);
    const next = await queued[0];
    expect(next?.warm).toBe(false);
    stop.abort();
    const rest = await Promise.allSettled(queued.slice(1));
    expect(rest.every((result) => result.status === "rejected")).toBe(true);
  });
  it("gives its place back when a guest cannot be started", async () => {
    const pool = createPool({ timers: createHandTimers() }, { ...POOL_LIMITS, most: 1 });
    const broken = pool.take("a", signal, () => {
      throw new TypeError("no");
    });
    await expect(broken).rejects.toThrow("no");
    expect((await pool.take("a", signal, guest)).warm).toBe(false);
  });
  it("ends a warm one of another component rather than hold more than eight", async () => {
    const pool = createPool({ timers: createHandTimers() }, { ...POOL_LIMITS, most: 2 });
    const warm = guest();
    (await pool.take("a", signal, () => warm)).give(true);
    await pool.take("b", signal, guest);
    expect(warm.ended).toBe(false);
    await pool.take("c", signal, guest);
    expect(warm.ended).toBe(true);
  });
});

describe("createDeadline()", () => {
  it("counts running time only", async () => {
    const timers = createHandTimers();
    let now = 1000;
    let due = 0;
    const deadline = createDeadline({ timers, clock: { now: () => now, mono: () => now } }, 500, () => due++);
    now += 200;
    const one = deadline.pause();
    const two = deadline.pause();
    now += 5000;
    one();
    one();
    expect(timers.pending).toEqual([]);
    expect(deadline.pausedMs()).toBe(5000);
    two();
    expect([timers.pending, deadline.pausedMs()]).toEqual([[300], 5000]);
    await timers.fire(300);
    expect(due).toBe(1);
  });
  it("is never due once it was ended", () => {
    const timers = createHandTimers();
    const deadline = createDeadline({ timers, clock: { now: () => 0, mono: () => 0 } }, 500, () => {
      throw new TypeError("due");
    });
    const go = deadline.pause();
    deadline.end();
    go();
    expect(timers.pending).toEqual([]);
  });
});
