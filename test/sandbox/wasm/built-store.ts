import { componentize } from "componentize-qjs";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { b2 } from "../../../core/mod.ts";
import type { ComponentManifest, ComponentStore, InstalledComponent } from "../../../sandbox/mod.ts";
import { GLUE_FILE, transpileComponent } from "../../../sandbox/wasm/install/transpile-component.ts";

/**
 * A store in memory: components are checked, transpiled and instrumented as by an installation, without its process and
 * its files.
 *
 * @param bytes The component.
 * @param manifest What it may import.
 */
export function builtStore(bytes: Uint8Array, manifest: ComponentManifest): ComponentStore {
  const made = new Map<number, Promise<InstalledComponent>>();
  async function make(memoryPages: number): Promise<InstalledComponent> {
    const { imports, files } = await transpileComponent(bytes, { manifest, memoryPages });
    const [glue, ...modules] = files;
    if (glue?.name !== GLUE_FILE) throw new Error("the glue comes first");
    return {
      key: "0".repeat(64),
      digest: b2(bytes),
      manifest,
      memoryPages,
      imports,
      glue: new TextDecoder().decode(glue.bytes),
      modules: modules.map((file) => ({ name: file.name, bytes: new Uint8Array(file.bytes) })),
      origin: "store",
    };
  }
  async function load(memoryPages: number): Promise<InstalledComponent> {
    const known = made.get(memoryPages) ?? make(memoryPages);
    made.set(memoryPages, known);
    return await known;
  }
  return {
    install: (_bytes, _manifest, { memoryPages }) => load(memoryPages),
    load: (_digest, _manifest, { memoryPages }) => load(memoryPages),
  };
}

/** Builds a component from JavaScript that imports the named interfaces: the builder imports all of its world. */
export async function buildJavaScript(source: string, imports: readonly string[]): Promise<Uint8Array> {
  const wit = fileURLToPath(new URL("../../../wit/", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "az-guest-"));
  try {
    writeFileSync(join(folder, "host.wit"), readFileSync(join(wit, "host.wit")));
    const lines = [
      ...imports.map((name) => `import ${name};`),
      "export run: func(input: string) -> result<string, string>;",
    ];
    writeFileSync(join(folder, "guest.wit"), `package az:host@0.3.0;\nworld guest {\n${lines.join("\n")}\n}\n`);
    const { component } = await componentize({
      witPath: folder,
      world: "guest",
      jsSource: source,
      stubWasi: true,
      sync: true,
      optSize: true,
    });
    return new Uint8Array(component);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
