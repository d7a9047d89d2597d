import { b2, loadSodium } from "../../../core/mod.ts";
import type { SandboxDeps } from "../../deps.ts";
import { SandboxError } from "../../errors.ts";
import type { ComponentManifest, ComponentStore, InstalledComponent, InstallOptions } from "../component.ts";
import { checkFacts } from "../install/check-facts.ts";
import { checkHeader } from "../install/check-header.ts";
import { runTool } from "../install/run-tool.ts";
import type { ToolFile } from "../install/tool-job.ts";
import { componentKey } from "./component-key.ts";
import { readStored, type Stored } from "./read-stored.ts";
import type { StoreEntry } from "./store-entry.ts";
import { removeStaleStages, writeStored } from "./write-stored.ts";

// The glue asks for its modules by these names; files in the store go without the first part.
const MODULE_PREFIX = "component.";

/**
 * Opens the store of compiled components. Nothing is read or written before the first use.
 *
 * @example
 * ```ts
 * const store = createComponentStore(deps, { dir: `${home}/store/wasm`, macKey });
 * const manifest = { world: "tool", imports: ["filesystem"], wasi: [] } as const;
 * await store.install(bytes, manifest, { memoryPages: 1024, signal });
 * ```
 * @param deps The clock.
 * @param options Its folder, made on first use, and the key of 32 bytes that entries are sealed with.
 * @returns The store; several processes may use the same folder.
 */
export function createComponentStore(
  deps: Pick<SandboxDeps, "clock">,
  { dir, macKey }: { readonly dir: string; readonly macKey: Uint8Array },
): ComponentStore {
  const running = new Map<string, Promise<InstalledComponent>>();
  async function build(bytes: Uint8Array, manifest: ComponentManifest, job: BuildJob): Promise<InstalledComponent> {
    const { key, memoryPages, signal, origin } = job;
    const { imports, exports, files } = await runTool({ kind: "install", manifest, memoryPages }, bytes, signal);
    const entry = { v: 1, key, digest: b2(bytes), memoryPages, imports, exports } as const;
    const stored = files.map(({ name, bytes: content }) => ({ name: name.replace(MODULE_PREFIX, ""), bytes: content }));
    try {
      writeStored(dir, { entry, files: stored }, macKey);
    } catch {
      // A disk that is full costs the next call its time and nobody anything else.
    }
    return installed({ entry, files: stored }, { manifest, origin });
  }
  return {
    async install(bytes, manifest, { memoryPages, signal }) {
      await loadSodium();
      checkHeader(bytes);
      const key = componentKey(b2(bytes), memoryPages);
      const found = tryRead(dir, key, macKey);
      if (found.stored !== null) {
        checkFacts(found.stored.entry, manifest);
        return installed(found.stored, { manifest, origin: "store" });
      }
      removeStaleStages(dir, deps.clock);
      // Two calls that need the same component at once wait for one helper, unless one of them may be taken back.
      const same = running.get(key);
      if (same !== undefined) await same.catch(() => {});
      const again = same === undefined ? null : tryRead(dir, key, macKey).stored;
      if (again !== null) {
        checkFacts(again.entry, manifest);
        return installed(again, { manifest, origin: "store" });
      }
      const origin = found.changed ? "rebuilt" : "built";
      const building = build(bytes, manifest, { key, memoryPages, signal, origin });
      running.set(key, building);
      try {
        return await building;
      } finally {
        if (running.get(key) === building) running.delete(key);
      }
    },
    async load(digest, manifest, { memoryPages }) {
      await loadSodium();
      const stored = readStored(dir, componentKey(digest, memoryPages), macKey);
      if (stored === null) return null;
      checkFacts(stored.entry, manifest);
      return installed(stored, { manifest, origin: "store" });
    },
  };
}

interface BuildJob extends InstallOptions {
  readonly key: string;
  readonly origin: InstalledComponent["origin"];
}

function tryRead(
  dir: string,
  key: string,
  macKey: Uint8Array,
): { readonly stored: Stored | null; readonly changed: boolean } {
  try {
    return { stored: readStored(dir, key, macKey), changed: false };
  } catch (error) {
    if (error instanceof SandboxError && error.code === "WASM_CACHE") return { stored: null, changed: true };
    throw error;
  }
}

function installed(
  { entry, files }: { readonly entry: Omit<StoreEntry, "files">; readonly files: readonly ToolFile[] },
  { manifest, origin }: Pick<InstalledComponent, "manifest" | "origin">,
): InstalledComponent {
  const [glue, ...modules] = files;
  return {
    key: entry.key,
    digest: entry.digest,
    manifest,
    memoryPages: entry.memoryPages,
    imports: entry.imports,
    glue: new TextDecoder().decode(glue?.bytes),
    modules: modules.map(({ name, bytes }) => ({ name: `${MODULE_PREFIX}${name}`, bytes })),
    origin,
  };
}
