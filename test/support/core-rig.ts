import { createHash } from "node:crypto";
import type { Clock, Keys, OpenVaultOptions, Random, VaultMark } from "../../core/mod.ts";
import { AgentZeroError, openKeys } from "../../core/mod.ts";

/** Bytes that look random and are the same in every run. */
export function seededRandom(seed = "seed"): Random {
  let counter = 0;
  return {
    bytes(count) {
      const out = new Uint8Array(count);
      for (let at = 0; at < count; at += 32) {
        out.set(createHash("sha256").update(`${seed} ${counter++}`).digest().subarray(0, count - at), at);
      }
      return out;
    },
  };
}

/** A clock that a test moves by hand. */
export interface HandClock extends Clock {
  /** Moves wall and monotonic time. */
  advance(ms: number): void;
  /** Sets the wall clock alone back. */
  setBack(ms: number): void;
}

/** Creates a clock that stands still. */
export function handClock(start: number = Date.UTC(2031, 0, 1)): HandClock {
  let [passed, back] = [0, 0];
  return {
    now: () => start + passed - back,
    mono: () => passed,
    advance: (ms) => void (passed += ms),
    setBack: (ms) => void (back += ms),
  };
}

/** A ledger in memory. */
export interface MemoryLedger {
  mark: VaultMark | null;
  readonly lines: VaultMark[];
  read(): VaultMark | null;
  append(gen: number, mac: string): void;
}

/** Creates a ledger in memory. */
export function memoryLedger(): MemoryLedger {
  const lines: VaultMark[] = [];
  return {
    mark: null,
    lines,
    read() {
      return this.mark;
    },
    append(gen, mac) {
      this.mark = { gen, mac };
      lines.push(this.mark);
    },
  };
}

/** What a vault is opened with in tests, and the parts of it that tests look into. */
export interface VaultRig {
  readonly options: OpenVaultOptions & { readonly ledger: MemoryLedger; readonly clock: HandClock };
  readonly home: string;
  readonly keys: Keys;
  readonly file: string;
}

/** Prepares a home with keys and the options of `openVault()`; every permit counts as spent. */
export async function vaultRig(home: string, more: Partial<OpenVaultOptions> = {}): Promise<VaultRig> {
  const random = seededRandom(home);
  const keys = await openKeys({ home, random });
  const options = {
    home,
    keys,
    clock: handClock(),
    random,
    ledger: memoryLedger(),
    permits: { spentFor: () => "call" },
    ...more,
  };
  return {
    options: { ...options, ledger: options.ledger as MemoryLedger, clock: options.clock as HandClock },
    home,
    keys,
    file: `${home}/vault/vault.json`,
  };
}

/** UTF-8 bytes of a text. */
export function utf8(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

/** Runs something that may throw; gives the code of what was thrown, or `null`. */
export function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof AgentZeroError ? error.code : String(error);
  }
}

/** The same for something asynchronous. */
export async function codeOfAsync(run: () => Promise<unknown>): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return error instanceof AgentZeroError ? error.code : String(error);
  }
}

/** The text of UTF-8 bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
