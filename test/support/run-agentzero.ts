import { spawn, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The compiled entry point; `npm test` builds it. */
export const ENTRY: string = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));

/** How a command line ended. */
export interface Ran {
  readonly exit: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one object on stdout. */
  json(): Record<string, unknown>;
}

/** How to run a command line. */
export interface RunOptions {
  readonly cwd: string;
  /** `$AGENTZERO_HOME`. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; nothing by default. */
  readonly input?: string;
  /** Another runtime than that of the tests. */
  readonly runtime?: readonly string[];
}

/** Starts the compiled `agentzero` on the runtime of the tests. */
export function startAgentzero(
  args: readonly string[],
  options: RunOptions,
  stdio: SpawnOptions["stdio"] = ["pipe", "pipe", "pipe"],
): ReturnType<typeof spawn> {
  if (!existsSync(ENTRY)) throw new Error("dist is missing: npm run build");
  const own = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];
  const [program = "", ...before] = options.runtime ?? own;
  return spawn(program, [...before, ENTRY, ...args], {
    cwd: options.cwd,
    stdio,
    env: {
      PATH: process.env["PATH"],
      HOME: options.cwd,
      ...(options.home === undefined ? {} : { AGENTZERO_HOME: options.home }),
      ...options.env,
    },
  });
}

/** Runs the compiled `agentzero` to its end. */
export function runAgentzero(args: readonly string[], options: RunOptions): Promise<Ran> {
  const child = startAgentzero(args, options);
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  child.on("error", reject);
  child.on("close", (exit, signal) => {
    resolve({
      exit,
      signal,
      stdout,
      stderr,
      json(): Record<string, unknown> {
        try {
          return JSON.parse(stdout);
        } catch {
          throw new Error(`stdout is not one JSON object:\n${stdout}\nstderr:\n${stderr}`);
        }
      },
    });
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  return promise;
}

/** Makes a folder a project, with a home beside it; throws when that fails. */
export async function initialise(at: { readonly cwd: string; readonly home: string }): Promise<void> {
  const ran = await runAgentzero(["init"], { ...at, env: { HOME: join(at.cwd, "../me") } });
  if (ran.exit !== 0) throw new Error(`init ended with ${ran.exit}: ${ran.stderr}`);
}
