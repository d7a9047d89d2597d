import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { b2, loadSodium } from "../../../../core/mod.ts";
import { type ComponentManifest, type ComponentStore, createComponentStore } from "../../../../sandbox/mod.ts";
import { CLOCK } from "../../../support/host-facts.ts";
import { sharedDir } from "../../../support/temp-dir.ts";
import { importText, toolText } from "../tool-text.ts";
import { coreOf } from "../wat.ts";

const MANIFEST: ComponentManifest = { world: "tool", imports: ["filesystem"], wasi: [] };
const OPTIONS = { memoryPages: 64, signal: new AbortController().signal };
// Each starts a process, and the machine may be busy.
const SLOW = 90_000;
const KEY = new Uint8Array(32).fill(7);

let dir = "";
let store: ComponentStore;
let component: Uint8Array<ArrayBuffer>;

function folder(): string {
  return join(dir, readdirSync(dir).find((name) => !name.startsWith(".")) ?? "");
}

beforeAll(async () => {
  await loadSodium();
  dir = join(sharedDir(), "store", "wasm");
  store = createComponentStore({ clock: CLOCK }, { dir, macKey: KEY });
  component = await coreOf(toolText({ before: importText("az:host/filesystem@0.3.0") }));
});

describe("createComponentStore()", () => {
  it("has nothing at first", async () => {
    expect(await store.load(b2(component), MANIFEST, OPTIONS)).toBeNull();
  });
  it("installs once for two at the same time, then loads the same", async () => {
    const both = await Promise.all([
      store.install(component, MANIFEST, OPTIONS),
      store.install(component, MANIFEST, OPTIONS),
    ]);
    expect(both.map((one) => one.origin)).toEqual(["built", "store"]);
    const loaded = await store.load(b2(component), MANIFEST, OPTIONS);
    expect(loaded).toEqual({ ...both[0], origin: "store" });
    expect(loaded?.modules.map((module) => module.name)).toEqual(["component.core.wasm"]);
    expect(loaded?.imports).toEqual(["az:host/filesystem@0.3.0"]);
    expect(readdirSync(folder()).toSorted()).toEqual(["core.wasm", "entry.json", "glue.js"]);
    expect(readdirSync(dir)).toEqual([loaded?.key]);
  }, SLOW);
  it("holds a stored component against the manifest of the call", async () => {
    await expect(store.load(b2(component), { ...MANIFEST, imports: [] }, OPTIONS))
      .rejects.toThrow(expect.objectContaining({ code: "WASM_IMPORTS" }));
    await expect(store.install(component, { ...MANIFEST, world: "engine" }, OPTIONS))
      .rejects.toThrow(expect.objectContaining({ code: "WASM_WORLD" }));
  });
  it("keeps another budget apart, and refuses one that cannot be", async () => {
    expect(await store.load(b2(component), MANIFEST, { ...OPTIONS, memoryPages: 65 })).toBeNull();
    for (const memoryPages of [0, -1, 1.5, 4097, NaN]) {
      await expect(store.load(b2(component), MANIFEST, { ...OPTIONS, memoryPages }))
        .rejects.toThrow(expect.objectContaining({ code: "LIMIT_INVALID" }));
    }
  });
  it("finds a changed byte in every file, also when the entry was written anew with another key", async () => {
    for (const name of readdirSync(folder())) {
      const path = join(folder(), name);
      const kept = readFileSync(path);
      for (const at of [0, kept.length >> 1, kept.length - 1]) {
        const changed = Uint8Array.from(kept);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(path, changed);
        await expect(store.load(b2(component), MANIFEST, OPTIONS))
          .rejects.toThrow(expect.objectContaining({ code: "WASM_CACHE" }));
      }
      for (const content of [kept.subarray(1), Buffer.concat([kept, Buffer.from(" ")]), Buffer.alloc(0)]) {
        writeFileSync(path, content);
        await expect(store.load(b2(component), MANIFEST, OPTIONS)).rejects.toThrow(
          expect.objectContaining({ code: "WASM_CACHE" }),
        );
      }
      writeFileSync(path, kept);
    }
    const other = createComponentStore({ clock: CLOCK }, { dir, macKey: new Uint8Array(32).fill(8) });
    await expect(other.load(b2(component), MANIFEST, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: "WASM_CACHE" }),
    );
    expect(await store.load(b2(component), MANIFEST, OPTIONS)).not.toBeNull();
  });
  it("takes neither links nor the files of another component", async () => {
    const path = join(folder(), "glue.js");
    const kept = readFileSync(path);
    const aside = join(dir, "..", "glue.js");
    writeFileSync(aside, kept);
    rmSync(path);
    symlinkSync(aside, path);
    await expect(store.load(b2(component), MANIFEST, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: "WASM_CACHE" }),
    );
    rmSync(path);
    await expect(store.load(b2(component), MANIFEST, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: "WASM_CACHE" }),
    );
    writeFileSync(path, kept);
    const foreign = join(dir, "0".repeat(64));
    mkdirSync(foreign);
    for (const name of readdirSync(folder())) writeFileSync(join(foreign, name), readFileSync(join(folder(), name)));
    rmSync(foreign, { recursive: true });
    expect(await store.load(b2(component), MANIFEST, OPTIONS)).not.toBeNull();
  });
  it("rebuilds what was changed, says so, and removes what killed writers left", async () => {
    writeFileSync(join(folder(), "glue.js"), "evil()");
    const stale = join(dir, ".stage-old");
    mkdirSync(stale);
    utimesSync(stale, new Date(0), new Date(0));
    const fresh = join(dir, ".stage-new");
    mkdirSync(fresh);
    expect((await store.install(component, MANIFEST, OPTIONS)).origin).toBe("rebuilt");
    expect((await store.load(b2(component), MANIFEST, OPTIONS))?.origin).toBe("store");
    expect(readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([".stage-new"]);
  }, SLOW);
  it("works without a disk to write to", async () => {
    const closed = join(dir, "..", "closed");
    mkdirSync(closed);
    writeFileSync(join(closed, "file"), "");
    // The folder of the store would have to be made inside of a file.
    const none = createComponentStore({ clock: CLOCK }, { dir: join(closed, "file", "wasm"), macKey: KEY });
    expect((await none.install(component, MANIFEST, OPTIONS)).origin).toBe("built");
  }, SLOW);
});
