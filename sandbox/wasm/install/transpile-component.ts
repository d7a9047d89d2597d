import { SandboxError } from "../../errors.ts";
import { type CoreModule, readModule } from "../binary/read-module.ts";
import type { ComponentManifest } from "../component.ts";
import { instrumentModule } from "../instrument/instrument-module.ts";
import { COMPONENT_BOUNDS } from "./bounds.ts";
import { checkFacts } from "./check-facts.ts";
import { checkGlue } from "./check-glue.ts";
import { checkNames } from "./check-names.ts";
import { planMaxima } from "./plan-maxima.ts";
import { readFacts } from "./read-facts.ts";
import type { ToolResult } from "./tool-job.ts";
import { toolSaid } from "./tool-said.ts";

/** Name of the glue among the files of a component. */
export const GLUE_FILE = "glue.js";

/**
 * Checks a component against its manifest, transpiles it and instruments its core modules. Runs in the helper process:
 * what it reads is untrusted and the transpiler grows with it.
 *
 * @param bytes The component.
 * @param options Its manifest, and the pages that its largest memory may have.
 * @returns Glue and instrumented modules.
 * @throws {SandboxError} `WASM_FORMAT`, `WASM_IMPORTS`, `WASM_WORLD`, `WASM_LIMITS`.
 */
export async function transpileComponent(
  bytes: Uint8Array,
  options: { readonly manifest: ComponentManifest; readonly memoryPages: number },
): Promise<ToolResult> {
  const facts = await readFacts(bytes);
  checkFacts(facts, options.manifest);
  const { glue, modules } = await generate(bytes);
  const { instances } = checkGlue(glue);
  const read = modules.map(([name, module]) => ({ name, bytes: module, module: readModule(module) }));
  checkCounts(read.map(({ module }) => module), instances);
  const planned = read.map(({ name, module }) => ({ module, instances: instances.get(name) ?? 0 }));
  const maxima = planMaxima(planned, options.memoryPages);
  const files = read.map(({ name, bytes: plain, module }, index) => {
    checkNames(module);
    checkValid(plain, "it has a core module that is not valid");
    const made = instrumentModule(module, maxima[index] ?? { memories: [], tables: [] });
    checkValid(made, "one of its core modules is too large for this runtime");
    return { name, bytes: made };
  });
  return { ...facts, files: [{ name: GLUE_FILE, bytes: new TextEncoder().encode(glue) }, ...files] };
}

async function generate(
  bytes: Uint8Array,
): Promise<{ readonly glue: string; readonly modules: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] }> {
  const transpiler = await import("@bytecodealliance/jco-transpile/component");
  await transpiler.$init;
  let glue = "";
  const modules: (readonly [string, Uint8Array<ArrayBuffer>])[] = [];
  let files: readonly (readonly [string, Uint8Array])[];
  try {
    ({ files } = transpiler.generate(bytes, {
      name: "component",
      map: [],
      instantiation: { tag: "sync" },
      noNodejsCompat: true,
      noTypescript: true,
      noComponentErrorWrapping: true,
      noNamespacedExports: true,
      base64Cutoff: 0,
    }));
  } catch (cause) {
    throw toolSaid("Cannot install component: it cannot be transpiled", cause);
  }
  for (const [name, content] of files) {
    if (name === "component.js") glue = new TextDecoder("utf-8", { fatal: true }).decode(content);
    else if (/^component\.core[0-9]*\.wasm$/.test(name)) modules.push([name, new Uint8Array(content)]);
    else throw new SandboxError("WASM_FORMAT", "Cannot install component: its transpiled form is of an unknown kind");
  }
  // Threat: a few bytes of types become a program that takes all memory to compile.
  if (glue.length > COMPONENT_BOUNDS.glueBytes) {
    throw new SandboxError("WASM_LIMITS", `Cannot install component: its glue has ${glue.length} bytes`, {
      hint: `${COMPONENT_BOUNDS.glueBytes} are the limit`,
    });
  }
  if (glue === "") throw new SandboxError("WASM_FORMAT", "Cannot install component: it has no glue");
  return { glue, modules };
}

function checkCounts(modules: readonly CoreModule[], instances: ReadonlyMap<string, number>): void {
  const { coreModules, functions, instances: most } = COMPONENT_BOUNDS;
  const made = [...instances.values()].reduce((sum, count) => sum + count, 0);
  const all = modules.reduce((sum, module) => sum + module.functions.length, 0);
  const over = modules.length > coreModules
    ? [`${modules.length} core modules`, coreModules]
    : made > most
    ? [`${made} instances of core modules`, most]
    : all > functions
    ? [`${all} functions`, functions]
    : null;
  if (over === null) return;
  throw new SandboxError("WASM_LIMITS", `Cannot install component: it has ${over[0]}`, {
    hint: `${over[1]} are the limit`,
  });
}

// The part of WebAssembly that is used here: neither the language's types nor the runtime's declare it.
declare const WebAssembly: { validate(bytes: Uint8Array<ArrayBuffer>): boolean };

// Threat: a module that only our reading takes for a valid one. The runtime's own check has the last word.
function checkValid(bytes: Uint8Array<ArrayBuffer>, what: string): void {
  if (!WebAssembly.validate(bytes)) throw new SandboxError("WASM_LIMITS", `Cannot install component: ${what}`);
}
