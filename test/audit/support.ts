import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  b2,
  type Clock,
  createIds,
  type Keys,
  loadSodium,
  openKeys,
  type Random,
  type SessionId,
  type Timers,
} from "../../core/mod.ts";
import {
  type AuditLog,
  type AuditLogOptions,
  type AuditSettings,
  DEFAULT_AUDIT_SETTINGS,
  listSessionFiles,
  openAuditLog,
  readSession,
  type StoredEvent,
  verify,
  type VerifyOptions,
  type VerifyReport,
  writerFacts,
} from "../../audit/mod.ts";

/** 2025-11-20T22:04:09.123Z. */
export const NOW = 1_763_676_249_123;

/** A clock that moves by hand, and by a millisecond with each look when `step` says so. */
export class FakeClock implements Clock {
  wall: number;
  passed = 0;

  constructor(wall: number = NOW) {
    this.wall = wall;
  }

  now(): number {
    return this.wall;
  }

  mono(): number {
    return this.passed;
  }

  /** Moves both clocks. */
  advance(ms: number): void {
    this.wall += ms;
    this.passed += ms;
  }
}

/** Timers that fire when told to. */
export class FakeTimers implements Timers {
  readonly #waiting = new Set<{ readonly ms: number; readonly run: () => void }>();

  after(ms: number, run: () => void): () => void {
    const entry = { ms, run };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  /** Delays that are waiting, shortest first. */
  get delays(): readonly number[] {
    return [...this.#waiting].map((entry) => entry.ms).toSorted((a, b) => a - b);
  }

  /** Fires everything due within `ms`. */
  fire(ms: number): void {
    for (const entry of Array.from(this.#waiting)) {
      if (entry.ms > ms) continue;
      this.#waiting.delete(entry);
      entry.run();
    }
  }
}

/** Random bytes that are the same in every run: a counter through BLAKE2b. */
export class FixedRandom implements Random {
  #count = 0;
  readonly #seed: string;

  constructor(seed = "fixed") {
    this.#seed = seed;
  }

  bytes(count: number): Uint8Array {
    const out = Buffer.alloc(count);
    for (let offset = 0; offset < count; offset += 32) {
      Buffer.from(b2(`${this.#seed} ${this.#count++}`).slice(3), "hex").copy(out, offset);
    }
    return new Uint8Array(out);
  }
}

/** A project, a home and everything a log needs, in a folder of its own that goes with the test. */
export interface Place {
  readonly root: string;
  readonly dir: string;
  readonly home: string;
  readonly project: string;
  readonly keys: Keys;
  readonly clock: FakeClock;
  readonly timers: FakeTimers;
  readonly random: FixedRandom;
  readonly writer: ReturnType<typeof writerFacts>;
  newSession(): SessionId;
  options(change?: Partial<Omit<AuditLogOptions, "settings">> & { settings?: Partial<AuditSettings> }): AuditLogOptions;
  open(change?: Partial<Omit<AuditLogOptions, "settings">> & { settings?: Partial<AuditSettings> }): Promise<AuditLog>;
}

/** Makes a {@link Place}. */
export async function makePlace(seed = "fixed"): Promise<Place> {
  await loadSodium();
  const root = mkdtempSync(join(tmpdir(), "az-audit-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const random = new FixedRandom(seed);
  const clock = new FakeClock();
  const timers = new FakeTimers();
  const home = join(root, "home");
  const project = join(root, "shop");
  const keys = await openKeys({ home, random });
  const ids = createIds(clock, random);
  const writer = writerFacts({ pid: process.pid, version: "0.1.0", runtime: "test" });
  const dir = join(project, ".agentzero", "audit");
  function options(change: Parameters<Place["options"]>[0] = {}): AuditLogOptions {
    return {
      dir,
      home,
      project,
      session: ids.next("ses"),
      keys,
      clock,
      random,
      timers,
      writer,
      policy: b2("policy"),
      front: "cli",
      mask: (text) => text,
      ...change,
      settings: { ...DEFAULT_AUDIT_SETTINGS, ...change.settings },
    };
  }
  return {
    root,
    dir,
    home,
    project,
    keys,
    clock,
    timers,
    random,
    writer,
    newSession: () => ids.next("ses"),
    options,
    open: (change) => openAuditLog(options(change)),
  };
}

/** The value, which the test knows to be there. */
export function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("the test expected a value here");
  return value;
}

/** Lines of a file, without their newlines. */
export function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

/** Writes lines to a file. */
export function putLines(path: string, all: readonly string[]): void {
  writeFileSync(path, all.map((line) => `${line}\n`).join(""));
}

/** Records `count` calls: every third is denied, so that checkpoints stand in between. */
export async function recordCalls(log: AuditLog, count: number, from = 0): Promise<void> {
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

/** Records a closed session. */
export async function recordSession(
  place: Place,
  count = 4,
  change: Parameters<Place["open"]>[0] = {},
): Promise<AuditLog> {
  const log = await place.open(change);
  await recordCalls(log, count);
  await log.close("ok");
  return log;
}

/** What verify needs to know of a place. */
export function verifyOptions(place: Place, change: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    dir: place.dir,
    home: place.home,
    project: place.project,
    identity: place.keys.auditSign.publicKey,
    secretOf: (kid) => place.keys.auditBoxSecret(kid),
    ...change,
  };
}

/** Codes of all problems of a report, each once. */
export function codesOf(report: VerifyReport): readonly string[] {
  const all = [...report.sessions.flatMap(({ problems }) => problems), ...report.problems];
  return [...new Set(all.map(({ code }) => code))];
}

/** Codes that verify finds with the public key alone. */
export async function publicCodes(place: Place): Promise<readonly string[]> {
  return codesOf(await verify(verifyOptions(place, { secretOf: () => null })));
}

/** Codes that verify finds with the reading key. */
export async function allCodes(place: Place): Promise<readonly string[]> {
  return codesOf(await verify(verifyOptions(place)));
}

/** The decrypted events of a session. */
export async function eventsOf(place: Place, session: SessionId): Promise<readonly StoredEvent[]> {
  const files = must(listSessionFiles(place.dir).find((each) => each.session === session));
  const events: StoredEvent[] = [];
  await readSession(files, (kid) => place.keys.auditBoxSecret(kid), (stored) => events.push(stored));
  return events;
}
