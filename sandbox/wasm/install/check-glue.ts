import { SandboxError } from "../../errors.ts";
import { FUEL_GLOBAL, START_EXPORT, TICK_TABLE } from "../component.ts";
import { INTERFACE_FUNCTIONS } from "./interface-functions.ts";

/** What glue does with core modules. */
export interface GlueFacts {
  /** How often it makes an instance of each, by the file's name. */
  readonly instances: ReadonlyMap<string, number>;
}

const MODULE = /\bconst module(\d+) = getCoreModule\('([a-z0-9.]+)'\);/g;
const INSTANCE = /\binstantiateCore\(module(\d+)\b/g;
const TAKEN = /^\s*const \{ ([^}]*) \} = imports\['az:host\/([a-z]+)'\];$/gm;

/**
 * Checks the glue that was generated for a component.
 *
 * @param glue Its source.
 * @returns What it does with core modules.
 * @throws {SandboxError} `WASM_FORMAT` for glue that loads anything by itself, `WASM_IMPORTS` for a function that its
 * interface does not have.
 */
export function checkGlue(glue: string): GlueFacts {
  // Threat: glue that loads a module of its own choice. `import.meta` and dynamic imports have no place in it either.
  if (/^\s*import\b/m.test(glue) || /\bimport\s*[(.]/.test(glue)) throw odd("it loads modules by itself");
  for (const name of [FUEL_GLOBAL, TICK_TABLE, START_EXPORT]) {
    if (glue.includes(name)) throw odd(`it names ${name}`);
  }
  const names = new Map<string, string>();
  for (const [, index = "", name = ""] of glue.matchAll(MODULE)) names.set(index, name);
  const instances = new Map<string, number>();
  for (const [, index = ""] of glue.matchAll(INSTANCE)) {
    const name = names.get(index);
    if (name === undefined) throw odd("it makes an instance of what it did not ask for");
    instances.set(name, (instances.get(name) ?? 0) + 1);
  }
  for (const [, taken = "", name = ""] of glue.matchAll(TAKEN)) {
    for (const part of taken.split(",")) {
      const [wanted = ""] = part.trim().split(":", 1);
      if (INTERFACE_FUNCTIONS[name]?.includes(wanted)) continue;
      throw new SandboxError("WASM_IMPORTS", `Cannot install component: az:host/${name}@0.3.0 has no ${wanted}`, {
        hint: "build it with the WIT files of this version",
      });
    }
  }
  return { instances };
}

function odd(what: string): SandboxError {
  return new SandboxError("WASM_FORMAT", `Cannot install component: of its glue, ${what}`);
}
