import { readFileSync } from "node:fs";
import { SandboxError } from "../errors.ts";
import { installLine, isExecutable } from "./find-programs.ts";
import { lookupProgram } from "./lookup-program.ts";
import { parseShebang } from "./shebang.ts";

/** What a script needs to run. */
export interface ScriptPrograms {
  /** Absolute path of what runs it. */
  readonly interpreter: string;
  /** Words before the script's own path. */
  readonly words: readonly string[];
  /** Absolute paths of all programs that it may start, the interpreter first. */
  readonly programs: readonly string[];
}

/**
 * Finds the interpreter of a script and the programs that it names, on the sandbox's fixed PATH.
 *
 * @example
 * ```ts
 * findScriptPrograms("#!/bin/sh\n", { named: ["git"], toolchains: [] });
 * // { interpreter: "/bin/sh", words: [], programs: ["/bin/sh", "/usr/bin/git"] }
 * ```
 * @param script The script; without a first line `#!` the system's shell runs it.
 * @param options Names of programs that it may start besides, and read-only tool chains.
 * @returns Where they are.
 * @throws {SandboxError} `EXEC_DENIED` when one of them is not there, or the first line cannot be understood.
 */
export function findScriptPrograms(
  script: Uint8Array | string,
  options: { readonly named: readonly string[]; readonly toolchains: readonly string[] },
): ScriptPrograms {
  const { named, toolchains } = options;
  const first = parseShebang(script);
  if (first.kind === "bad") {
    throw new SandboxError("EXEC_DENIED", `Cannot run script: ${first.why}`, {
      hint: "begin it with a line such as #!/bin/sh or #!/usr/bin/env python3",
    });
  }
  const [wanted, words] = first.kind === "none" ? ["/bin/sh", []] : [first.program, first.words];
  const interpreter = pathOf(wanted, toolchains);
  if (interpreter === null) throw missing(wanted, "its interpreter");
  const programs = named.map((name) => {
    const path = lookupProgram(name, toolchains);
    if (path === null) throw missing(name, "a program that it may start");
    return path;
  });
  return { interpreter, words, programs: [...new Set([interpreter, ...programs])] };
}

function pathOf(wanted: string, toolchains: readonly string[]): string | null {
  if (!wanted.includes("/")) return lookupProgram(wanted, toolchains);
  return wanted.startsWith("/") && isExecutable(wanted) ? wanted : null;
}

function missing(name: string, what: string): SandboxError {
  const last = name.split("/").at(-1) ?? name;
  return new SandboxError("EXEC_DENIED", `Cannot run script: ${what}, ${JSON.stringify(name)}, is not installed`, {
    hint: `${installLine(last, osRelease())} (or the package it is in), or name its folder in sandbox.paths of your ` +
      "config.yml",
  });
}

function osRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
