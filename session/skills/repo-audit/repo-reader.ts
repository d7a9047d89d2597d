import type { HostError } from "../../../core/mod.ts";
import type { RoutineIo } from "../../host-calls/routine.ts";

/** One entry of a folder. */
export interface RepoEntry {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
}

/** What a call of the repository gave. */
export type Got<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: HostError };

/** The repository as core code sees it: call by call through the gate, like a guest. */
export interface RepoReader {
  list(path: string): Promise<Got<readonly RepoEntry[]>>;
  read(path: string): Promise<Got<Uint8Array>>;
  write(path: string, text: string): Promise<Got<null>>;
}

/**
 * Creates the reader of a routine.
 *
 * @param io What the routine may use.
 * @returns The reader.
 */
export function createRepoReader({ host }: Pick<RoutineIo, "host">): RepoReader {
  let seq = 0;
  async function call(func: string, args: readonly unknown[]): Promise<Got<unknown>> {
    return await host({ seq: ++seq, iface: "filesystem", func, args });
  }
  return {
    async list(path) {
      const got = await call("list-dir", [path]);
      if (!got.ok) return got;
      return { ok: true, value: Array.isArray(got.value) ? got.value.flatMap(entryOf) : [] };
    },
    async read(path) {
      const got = await call("read-file", [path]);
      if (!got.ok) return got;
      return got.value instanceof Uint8Array
        ? { ok: true, value: got.value }
        : { ok: false, error: { tag: "failed", val: "it has no content" } };
    },
    async write(path, text) {
      const got = await call("write-file", [path, new TextEncoder().encode(text)]);
      return got.ok ? { ok: true, value: null } : got;
    },
  };
}

function entryOf(value: unknown): readonly RepoEntry[] {
  if (typeof value !== "object" || value === null || !("name" in value) || !("kind" in value)) return [];
  const { name, kind } = value;
  const size = "size" in value ? Number(value.size) : 0;
  return typeof name === "string" && typeof kind === "string" ? [{ name, kind, size }] : [];
}

/** Says in words why a call was refused. */
export function errorText({ tag, val }: HostError): string {
  if (tag === "too-large") return `larger than ${String(val)} bytes`;
  if (tag === "cancelled") return "cancelled";
  return typeof val === "string" ? `${tag}: ${val}` : tag;
}
