import { SandboxError } from "../../errors.ts";

/** What a component asks for and gives, read from its own bytes. */
export interface ComponentFacts {
  /** Names of imports with their versions, e.g. `az:host/logging@0.3.0`. */
  readonly imports: readonly string[];
  /** Names of exported functions, e.g. `run`. */
  readonly exports: readonly string[];
}

const HEAD: readonly string[] = ["package root:component;", "", "world root {"];
const IMPORT = /^ {2}import ([a-z0-9:@/.+-]+);$/;
// The only functions that worlds of guests export; `init` is what the builder of scripts leaves behind.
const EXPORTS: ReadonlyMap<string, string> = new Map([
  ["  export run: func(input: string) -> result<string, string>;", "run"],
  ["  export load: func(source: string) -> result<_, string>;", "load"],
  [
    "  export init: func(shim: string, script: string, entry-path: option<string>, disable-gc: bool) -> result<_, string>;",
    "init",
  ],
]);

/**
 * Reads the world that `componentWit` printed of a component, line by line. A line that is not one of those that worlds
 * of guests have is refused, so that nothing can hide in a way of writing.
 *
 * @param wit The text.
 * @returns What the world imports and exports.
 * @throws {SandboxError} `WASM_IMPORTS` for imports that are no interface, `WASM_WORLD` for anything else.
 */
export function componentFacts(wit: string): ComponentFacts {
  const lines = wit.split("\n");
  const imports: string[] = [];
  const exports: string[] = [];
  const end = lines.indexOf("}");
  if (
    HEAD.some((line, index) => lines[index] !== line) || end < 0 || lines.slice(end + 1).some((line) => line !== "")
  ) {
    throw unfit("its world is of an unknown form");
  }
  for (const line of lines.slice(HEAD.length, end)) {
    // Comments are what its author wrote.
    if (line === "" || line.startsWith("  ///")) continue;
    const [, name] = IMPORT.exec(line) ?? [];
    const exported = EXPORTS.get(line);
    if (name !== undefined) imports.push(name);
    else if (exported !== undefined) exports.push(exported);
    else if (/^\s*import\b/.test(line)) {
      throw new SandboxError("WASM_IMPORTS", `Cannot install component: it imports "${shown(line)}"`, {
        hint: "guests import interfaces of az:host@0.3.0 only",
      });
    } else throw unfit(`it has "${shown(line)}"`);
  }
  return { imports, exports };
}

function unfit(what: string): SandboxError {
  return new SandboxError("WASM_WORLD", `Cannot install component: ${what}`, {
    hint: "the world az:host/tool exports run: func(input: string) -> result<string, string>, and nothing else",
  });
}

function shown(line: string): string {
  return line.trim().replace(/^import /, "").slice(0, 120);
}
