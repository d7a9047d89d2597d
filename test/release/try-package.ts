import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "./packed-files.ts";

/** An installed package, and a runtime to try it on. */
export interface Door {
  /** For messages. */
  readonly name: string;
  /** Words that start the runtime. */
  readonly words: readonly string[];
  /** The folder with `node_modules`. */
  readonly place: string;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Uses an installed package as a newcomer would: its version, a project, a read, a denial, a command, a built-in skill,
 * the demo, the record, and each of its exports.
 *
 * @param door Package and runtime.
 * @param base A folder that is not there yet: home and project.
 * @returns What was tried, in order.
 * @throws {Error} With the output, at the first thing that does not end as it should.
 */
export function tryPackage({ name, words, place }: Door, base: string): readonly string[] {
  const cwd = join(base, "project");
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "README.md"), "# Packed\n");
  writeFileSync(join(cwd, ".env"), "KEY=not-a-real-key\n");
  const [program = ""] = words;
  const env = {
    // The runtime itself comes first, for what a start of `#!/usr/bin/env node` finds.
    PATH: [dirname(program), process.env["PATH"]].join(delimiter),
    HOME: base,
    AGENTZERO_HOME: join(base, "home"),
    NO_COLOR: "1",
  };
  const entry = join(place, "node_modules/agentzero/dist/cli/bin.js");
  const tried: string[] = [];
  function ends(status: number, ...args: readonly string[]): string {
    const ran: Ended = spawnSync(program, [...words.slice(1), entry, ...args], { cwd, env, encoding: "utf8" });
    const what = args.filter((word) => !/^[{-]/.test(word)).join(" ") || args.join(" ");
    if (ran.status !== status) {
      throw new Error(`${name}: agentzero ${what} ended with ${ran.status}\n${ran.stdout}${ran.stderr}`);
    }
    tried.push(what);
    return ran.stdout;
  }
  function says(text: string, output: string): void {
    if (!output.includes(text)) throw new Error(`${name}: expected ${JSON.stringify(text)} in ${output}`);
  }
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { version, exports } = manifest as {
    readonly version: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  says(version, ends(0, "--version"));
  ends(0, "init");
  says("# Packed", ends(0, "call", "read", '{"path":"README.md"}', "--json"));
  says('"POLICY_DENY"', ends(5, "call", "read", '{"path":".env"}', "--json"));
  if (existsSync("/usr/bin/bwrap")) {
    says("README.md", ends(0, "call", "shell", '{"command":"ls"}', "--json"));
    says('"kept":false', ends(5, "call", "shell", '{"command":"touch new"}', "--json"));
  }
  ends(0, "skill", "run", "license-check", "--json");
  ends(0, "demo");
  says('"ok":true', ends(0, "audit", "verify", "--all", "--json"));
  for (const path of Object.keys(exports).filter((each) => !each.endsWith(".json"))) {
    const module = `agentzero${path.slice(1)}`;
    const file = join(place, "imports.mjs");
    writeFileSync(
      file,
      `const all = await import(${JSON.stringify(module)});\nif (!Object.keys(all).length) throw 0;\n`,
    );
    const ran = spawnSync(program, [...words.slice(1), file], { cwd: place, env, encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`${name}: import of ${module} failed\n${ran.stderr}`);
  }
  return [...tried, "imports"];
}
