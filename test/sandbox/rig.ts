import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, afterEach, beforeAll } from "vitest";
import {
  type Backend,
  type CallId,
  createIds,
  type Digest,
  loadSodium,
  type Outcome,
  type RunIo,
  SecretBytes,
} from "../../core/mod.ts";
import { createPermits } from "../../policy/mod.ts";
import { type SandboxDeps, specDigest } from "../../sandbox/mod.ts";
import { CLOCK, hostFacts } from "../support/host-facts.ts";

/** Everything a test of a tier needs: real clock, real permits, a temporary project. */
export interface Rig {
  readonly deps: SandboxDeps;
  /** Real path of an empty project. */
  readonly project: string;
  /** Real path of the folder above it. */
  readonly root: string;
  readonly permits: ReturnType<typeof createPermits>;
  call(): CallId;
  digest(spec: object): Digest;
  run<Spec extends object, Value>(
    backend: Backend<Spec, Value>,
    spec: Spec,
    io?: Partial<RunIo>,
  ): Promise<Outcome<Value>>;
  readonly io: (io?: Partial<RunIo>) => RunIo;
  /** Writes a file below the project, with its folders. */
  readonly put: (path: string, content: string | Uint8Array) => string;
}

const folders: string[] = [];
const stops: (() => void)[] = [];

/** How many times heavier tests run, `AZ_SCALE`, 1 by default. */
export const SCALE: number = Number(process.env["AZ_SCALE"] ?? "1") || 1;

/** Makes a rig with a fresh folder, removed after the file's tests. */
export function rig(): Rig {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "az-test-")));
  folders.push(root);
  const project = join(root, "project");
  mkdirSync(project);
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const timers = {
    after(ms: number, run: () => void): () => void {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
  const deps: SandboxDeps = { clock: CLOCK, timers, random, facts: hostFacts(root) };
  const permits = createPermits(CLOCK);
  const ids = createIds(CLOCK, random);
  function io(given: Partial<RunIo> = {}): RunIo {
    return {
      signal: new AbortController().signal,
      permits,
      secrets: { reveal: () => Promise.reject(new TypeError("no secrets here")) },
      ...given,
    };
  }
  return {
    deps,
    project,
    root,
    permits,
    io,
    call: () => ids.next("call"),
    digest: specDigest,
    run(backend, spec, given = {}) {
      const permit = permits.mint({ call: ids.next("call"), intent: 1, digest: specDigest(spec), tier: backend.tier });
      return backend.run(permit, spec, io(given));
    },
    put(path, content) {
      const full = join(project, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      return full;
    },
  };
}

/** Gives the value of an outcome, or fails with its reason. */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.reason}`);
  return outcome.value;
}

/** Gives the code of a refused outcome, or `ok`. */
export function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? "ok" : outcome.code;
}

/** A secret store with fixed, fake values. */
export function fakeSecrets(values: Readonly<Record<string, string>>): RunIo["secrets"] {
  return {
    reveal(_permit, handle) {
      const value = values[handle];
      if (value === undefined) return Promise.reject(new TypeError("unknown handle"));
      return Promise.resolve(new SecretBytes(new TextEncoder().encode(value)));
    },
  };
}

/** Registers something to undo after each test. */
export function onStop(stop: () => void): void {
  stops.push(stop);
}

/** Makes a FIFO or fails. */
export function makeFifo(path: string): void {
  const made = spawnSync("mkfifo", [path]);
  if (made.status !== 0) throw new Error("mkfifo failed");
}

beforeAll(async () => {
  await loadSodium();
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
afterAll(() => {
  for (const folder of folders.splice(0)) {
    // Overlay leaves folders without any mode behind.
    spawnSync("chmod", ["-R", "u+rwx", folder]);
    // What a test has just killed may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});
