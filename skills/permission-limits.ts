import type { ParsedAtom } from "./permission-atoms.ts";
import { showText } from "./visible-text.ts";

/** A limit: what holds without one, and the most that can be asked for. */
export interface LimitRange {
  /** Holds where nothing is said. */
  readonly byDefault: number;
  /** The ceiling of the sandbox. */
  readonly most: number;
}

const MIB = 1024 * 1024;

const WASM: Readonly<Record<string, LimitRange>> = {
  calls: { byDefault: 1_000, most: 20_000 },
  memory: { byDefault: 64 * MIB, most: 256 * MIB },
  output: { byDefault: MIB, most: 8 * MIB },
  "wall-ms": { byDefault: 10_000, most: 120_000 },
};

const PROCESS: Readonly<Record<string, LimitRange>> = {
  calls: { byDefault: 1_000, most: 20_000 },
  memory: { byDefault: 2_048 * MIB, most: 16_384 * MIB },
  output: { byDefault: MIB, most: 16 * MIB },
  "wall-ms": { byDefault: 120_000, most: 3_600_000 },
};

/**
 * Gives the range of a limit for a runtime.
 *
 * @param runtime What runs the skill.
 * @param key `memory`, `output`, `wall-ms` or `calls`.
 * @returns The range, or `null` for an unknown key.
 */
export function limitRange(runtime: string, key: string): LimitRange | null {
  const table = runtime === "host-supervised" || runtime === "mvm-microvm" ? PROCESS : WASM;
  return Object.hasOwn(table, key) ? table[key] ?? null : null;
}

/**
 * Reads the tokens of `az.limits`.
 *
 * @param tokens Tokens `key=int`.
 * @param runtime What runs the skill: its ceilings cap the numbers.
 * @returns The numbers by key.
 */
export function parseLimits(
  tokens: readonly string[],
  runtime: string,
): ParsedAtom<Readonly<Record<string, number>>> {
  const limits = new Map<string, number>();
  for (const token of tokens) {
    const [, key = "", digits = ""] = /^([a-z-]+)=(0|[1-9]\d{0,14})$/.exec(token) ?? [];
    const range = limitRange(runtime, key);
    const value = Number(digits);
    if (range === null) return refuse(`"${showText(token)}" is no limit`, "limits are memory= output= wall-ms= calls=");
    if (limits.has(key)) return refuse(`${key} stands twice`, "remove one of them");
    if (value > range.most) return refuse(`${key}=${value} is more than the ceiling`, `at most ${key}=${range.most}`);
    if (value === 0 && key !== "calls") return refuse(`${key} is 0`, "give it something, or leave it out");
    limits.set(key, value);
  }
  const sorted = [...limits].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ok: true, atom: Object.fromEntries(sorted) };
}

function refuse(
  message: string,
  hint: string,
): { readonly ok: false; readonly message: string; readonly hint: string } {
  return { ok: false, message, hint };
}
