import { spawn, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** A program on a pseudo terminal. */
export interface Pty {
  /** Everything the program printed so far. */
  readonly screen: string;
  /** Types bytes. */
  type(keys: string): void;
  /** Resolves once the screen holds a text, after what was already waited for; rejects after a minute. */
  waitFor(text: string | RegExp): Promise<void>;
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>;
}

/** `true` where `script` of util-linux can make a pseudo terminal. */
export const HAS_PTY: boolean = process.platform === "linux" &&
  /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

const PATIENCE_MS = 60_000;

/**
 * Starts a command line on a pseudo terminal of 100 x 30 cells; it is ended with the test.
 *
 * @param command Text for `sh -c`.
 * @param options Folder and environment.
 * @returns The terminal.
 */
export function openPty(
  command: string,
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Pty {
  const child = spawn("script", ["-qefc", `stty rows 30 cols 100; ${command}`, "/dev/null"], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], HOME: options.cwd, TERM: "xterm", ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  let seen = 0;
  const waiting = new Set<() => void>();
  function look(): void {
    for (const check of waiting) check();
  }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    look();
  });
  function match(pattern: RegExp): { readonly text: string; readonly at: number } {
    const found = pattern.exec(screen.slice(seen));
    return found === null ? { text: "", at: -1 } : { text: found[0], at: seen + found.index };
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      look();
      resolve(code);
    });
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    get screen() {
      return screen;
    },
    type: (keys) => void child.stdin.write(keys),
    ended,
    waitFor(text): Promise<void> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(
            new Error(
              `the screen never showed ${text instanceof RegExp ? text : JSON.stringify(text)}; it shows:\n${
                screen.slice(-2_000)
              }`,
            ),
          );
        }, PATIENCE_MS);
        function check(): void {
          const found = typeof text === "string" ? { text, at: screen.indexOf(text, seen) } : match(text);
          if (found.at < 0) return;
          seen = found.at + found.text.length;
          waiting.delete(check);
          clearTimeout(timer);
          resolve();
        }
        waiting.add(check);
        check();
      });
    },
  };
}

/** Runs a TypeScript file on the runtime of the tests, as words for `sh`. */
export function runtimeCommand(file: string): string {
  return process.versions["deno"] === undefined
    ? `'${process.execPath}' '${file}'`
    : `'${process.execPath}' run -A '${file}'`;
}

/** Waits as long as a person who stops typing. */
export function quiet(ms = 1_000): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
