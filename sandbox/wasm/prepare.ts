import { b2, canonicalJson, type Notice, type RunIo } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import {
  type ComponentStore,
  FUEL_GLOBAL,
  type InstalledComponent,
  START_EXPORT,
  TICK_MODULE,
  TICK_TABLE,
} from "./component.ts";
import type { LoadMessage } from "./guest/messages.ts";
import { wasm } from "./guest/web-assembly.ts";
import type { WasmSpec } from "./wasm-spec.ts";
import { wasiSource } from "./wasi-source.ts";

/** A component that is ready to be given to guests. */
export interface Prepared {
  /** What a guest loads; modules compiled for a thread, as bytes for a process. */
  load(where: "thread" | "child"): Promise<LoadMessage>;
}

/** Components that were used last, checked and compiled. */
export interface PreparedCache {
  /** Throws what the store throws, `NOT_FOUND` and `DIGEST_MISMATCH`. */
  get(spec: WasmSpec, io: RunIo, notices: Notice[]): Promise<Prepared>;
}

const KEPT = 6;

/**
 * Creates the cache in front of the store. What is in it was checked in this process and is not read again.
 *
 * @param store The store.
 * @returns The cache.
 */
export function createPreparedCache(store: ComponentStore): PreparedCache {
  const known = new Map<string, Prepared>();
  return {
    async get(spec, io, notices) {
      const key = componentKey(spec);
      const prepared = known.get(key) ?? prepare(await obtain(store, { spec, io, notices }));
      known.delete(key);
      known.set(key, prepared);
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
      return prepared;
    },
  };
}

/**
 * Names what one guest may serve: a component with its permissions and the maximum that is written into its memory.
 *
 * @param spec A call.
 * @returns Equal texts for calls that a guest may take one after the other.
 */
export function componentKey({ component, limits, manifest }: WasmSpec): string {
  return `${component} ${limits.memoryPages} ${canonicalJson(manifest)}`;
}

/** Names that the instrumenter gives. */
export const METER_NAMES: LoadMessage["names"] = {
  fuel: FUEL_GLOBAL,
  tick: TICK_TABLE,
  start: START_EXPORT,
  tickBytes: TICK_MODULE,
};

function prepare(component: InstalledComponent): Prepared {
  const { glue } = component;
  let compiled: Promise<LoadMessage["modules"]> | null = null;
  function compile(): Promise<LoadMessage["modules"]> {
    return compiled ??= Promise.all(
      component.modules.map(async ({ name, bytes }) => ({ name, module: await wasm.compile(bytes) })),
    );
  }
  const needsWasi = component.imports.some((name) => name.startsWith("wasi:"));
  return {
    async load(where) {
      const wasi = needsWasi ? await wasiSource() : null;
      const modules = where === "thread"
        ? await compile()
        : component.modules.map(({ name, bytes }) => ({ name, module: bytes }));
      return { kind: "load", glue, modules, names: METER_NAMES, wasi };
    },
  };
}

async function obtain(
  store: ComponentStore,
  { spec, io, notices }: { readonly spec: WasmSpec; readonly io: RunIo; readonly notices: Notice[] },
): Promise<InstalledComponent> {
  const options = { memoryPages: spec.limits.memoryPages, signal: io.signal };
  const loaded = await tryLoad(store, { spec, options, mayBuild: io.component !== undefined });
  if (loaded !== null) return loaded;
  if (io.component === undefined) {
    throw new SandboxError("NOT_FOUND", `Cannot run component: the store does not have ${spec.component}`, {
      hint: "install it again",
    });
  }
  const bytes = await io.component(spec.component);
  // Threat: other bytes than those that were judged.
  if (b2(bytes) !== spec.component) {
    throw new SandboxError("DIGEST_MISMATCH", `Cannot run component: its bytes are not those of ${spec.component}`, {
      hint: "install it again",
    });
  }
  const component = await store.install(bytes, spec.manifest, options);
  if (component.origin === "rebuilt") {
    notices.push({ code: "WASM_CACHE", text: "The compiled component in the store had been changed; it was rebuilt." });
  }
  return component;
}

async function tryLoad(
  store: ComponentStore,
  { spec, options, mayBuild }: {
    readonly spec: WasmSpec;
    readonly options: Parameters<ComponentStore["load"]>[2];
    readonly mayBuild: boolean;
  },
): Promise<InstalledComponent | null> {
  try {
    return await store.load(spec.component, spec.manifest, options);
  } catch (error) {
    if (mayBuild && error instanceof SandboxError && error.code === "WASM_CACHE") return null;
    throw error;
  }
}
