import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  type AuditEvent,
  type AuditLog,
  type AuditLogOptions,
  DEFAULT_AUDIT_SETTINGS,
  openAuditLog,
  verify,
  type VerifyOptions,
  writerFacts,
} from "../audit/mod.ts";
import { b2, createIds, type Keys, loadSodium, openKeys } from "../core/mod.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, type Row } from "./support/row.ts";

const EVENTS = 100_000;
const PART = 20_000;
const BARRIERS = 400;
const DENO = process.versions["deno"] !== undefined;

/** The record: appending, verifying, what a risky call waits for, and opening. */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return inFolder(async (root) => {
    const keys = await openKeys({ home: join(root, "home"), random: RANDOM });
    return [...await appending(root, keys), ...await verifying(root, keys), ...await waiting(root, keys)];
  });
}

/** Best of some rounds, beside a plain log: JSON lines with a SHA-256 chain, neither encrypted nor signed. */
async function appending(root: string, keys: Keys): Promise<readonly Row[]> {
  const log = await openAuditLog(options(root, keys, "none"));
  const plain = openSync(join(root, "plain.jsonl"), "a");
  const best = { ours: 0, peer: 0 };
  for (let done = 0; done < EVENTS; done += PART) {
    best.ours = Math.max(best.ours, PART / seconds(() => appendMany(log, done)));
    best.peer = Math.max(best.peer, PART / seconds(() => appendPlain(plain, done)));
    // Between the rounds the ledgers get their heads, as they would between two turns of a session.
    await log.barrier(Number.MAX_SAFE_INTEGER, true);
  }
  await log.close("ok");
  closeSync(plain);
  const goal = DENO ? 15_000 : 25_000;
  const peer = { name: "plain chain", value: best.peer };
  return [{
    name: "audit append",
    ours: best.ours,
    unit: "/s",
    peer,
    goal: `>= ${goal} /s`,
    reached: best.ours >= goal,
  }];
}

async function verifying(root: string, keys: Keys): Promise<readonly Row[]> {
  const whole: VerifyOptions = {
    dir: join(root, "audit"),
    home: join(root, "home"),
    project: root,
    identity: keys.auditSign.publicKey,
    secretOf: (kid) => keys.auditBoxSecret(kid),
    full: true,
  };
  const path = join(root, "plain.jsonl");
  const rows: Row[] = [];
  for (
    const [name, change, goal] of [
      ["audit verify, public key", { secretOf: () => null, full: false }, DENO ? 40_000 : 60_000],
      ["audit verify, reading key", {}, DENO ? 22_000 : 40_000],
    ] as const
  ) {
    const [ours, peer]: [number[], number[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      const report = await verify({ ...whole, ...change });
      if (!report.ok) throw new Error("the bench wrote a log that does not verify");
      ours.push((performance.now() - start) / 1000);
      peer.push(seconds(() => verifyPlain(path)));
    }
    const [rate, other] = [EVENTS / Math.min(...ours), EVENTS / Math.min(...peer)];
    rows.push({
      name,
      ours: rate,
      unit: "/s",
      peer: { name: "plain chain", value: other },
      goal: `>= ${goal} /s`,
      reached: rate >= goal,
    });
    if (change.secretOf !== undefined) {
      rows.push({
        name: "audit verify, 100,000 events",
        ours: Math.min(...ours),
        unit: "s",
        peer: null,
        goal: "< 2 s",
        reached: Math.min(...ours) < 2,
      });
    }
  }
  return rows;
}

async function waiting(root: string, keys: Keys): Promise<readonly Row[]> {
  const opening: number[] = [];
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    const short = await openAuditLog(options(root, keys, "risky"));
    opening.push(performance.now() - start);
    await short.close("ok");
  }
  const log = await openAuditLog(options(root, keys, "none"));
  const samples: number[] = [];
  for (let i = 0; i < BARRIERS; i++) {
    const start = performance.now();
    await log.barrier(log.append(event(i)).seq, true);
    samples.push(performance.now() - start);
  }
  await log.close("ok");
  return [
    {
      name: "audit barrier without sync, p50",
      ours: median(samples),
      unit: "ms",
      peer: null,
      goal: "<= 0.6 ms",
      reached: median(samples) <= 0.6,
    },
    {
      name: "audit open, p50",
      ours: median(opening),
      unit: "ms",
      peer: null,
      goal: "<= 10 ms",
      reached: median(opening) <= 10,
    },
  ];
}

const RANDOM = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const CLOCK = { now: (): number => Date.now(), mono: (): number => performance.now() };
const IDS = createIds(CLOCK, RANDOM);
const POLICY = `b2:${"0".repeat(64)}`;

function options(root: string, keys: Keys, sync: "none" | "risky"): AuditLogOptions {
  return {
    dir: join(root, "audit"),
    home: join(root, "home"),
    project: root,
    session: IDS.next("ses"),
    keys,
    clock: CLOCK,
    random: RANDOM,
    timers: {
      after(ms, run) {
        const timer = setTimeout(run, ms);
        timer.unref();
        return () => clearTimeout(timer);
      },
    },
    writer: writerFacts({ pid: process.pid, version: "0.1.0", runtime: "bench" }),
    settings: { ...DEFAULT_AUDIT_SETTINGS, sync },
    policy: b2("policy"),
    front: "cli",
    mask: (text) => text,
  };
}

/** An intent as the gate writes it for a read. */
function event(index: number): AuditEvent {
  return {
    event: "intent",
    execution_id: "exe_01K9ABCDEFGHJKMNPQRSTVWXYZ",
    call: "call_01K9ABCDEFGHJKMNPQRSTVWXYZ",
    turn: 3,
    action: "read",
    tool: "read",
    capability: "file_read",
    classification: "private",
    actions: [{
      capability: "file_read",
      target: `/home/me/shop/src/file-${index}.ts`,
      classification: "private",
      decision: "allow",
      rule: "read-project",
      layer: "project",
    }],
    decision: "allow",
    rule: "read-project",
    layer: "project",
    reason: "POLICY_ALLOW: rule read-project allows it",
    policy: POLICY,
    tainted: false,
    runtime: "host-readonly",
  };
}

function appendMany(log: AuditLog, from: number): void {
  for (let i = 0; i < PART; i++) log.append(event(from + i));
}

let chain = "";

function appendPlain(fd: number, from: number): void {
  for (let i = 0; i < PART; i++) {
    const line = JSON.stringify({ prev: chain, ts: Date.now(), ...event(from + i) });
    chain = createHash("sha256").update(line).digest("hex");
    writeSync(fd, `${line}\n`);
  }
}

function verifyPlain(path: string): void {
  let prev = "";
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    if (!line.startsWith(`{"prev":"${prev}"`)) throw new Error("the plain chain is broken");
    prev = createHash("sha256").update(line).digest("hex");
  }
}

function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
