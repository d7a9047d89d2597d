import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { RunUserCommand, UserCommandResult } from "../../core/mod.ts";

/** What tools like `pass`, `secret-tool` and `security` need to reach their own daemons; nothing else. */
const KEPT = ("HOME USER LOGNAME LANG LC_ALL LC_CTYPE TZ DISPLAY WAYLAND_DISPLAY XAUTHORITY XDG_RUNTIME_DIR " +
  "DBUS_SESSION_BUS_ADDRESS GNUPGHOME GPG_TTY PASSWORD_STORE_DIR SSH_AUTH_SOCK").split(" ");
const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin";

/**
 * Creates the port through which the person's own configured commands run: the only programs besides the sandbox's
 * that this process starts.
 *
 * @param env The environment; only what such tools need is handed on.
 * @returns The port, see {@link RunUserCommand}.
 */
export function createRunUserCommand(env: Readonly<Record<string, string | undefined>>): RunUserCommand {
  return (argv, limits) => {
    const [program = "", ...args] = argv;
    const problem = checkProgram(program);
    if (problem !== null) return Promise.resolve({ ok: false, reason: problem });
    // A group of its own: what it started ends with it.
    const child = spawn(program, args, {
      env: scrubbed(env),
      cwd: "/",
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
      shell: false,
    });
    return collect(child, limits);
  };
}

/** Threat: a name without its folder, or a folder, device or missing file in its place, would run something else. */
function checkProgram(program: string): string | null {
  if (!isAbsolute(program)) return `"${program}" is not an absolute path`;
  try {
    return statSync(program).isFile() ? null : `"${program}" is not a program`;
  } catch {
    return `"${program}" does not exist`;
  }
}

function scrubbed(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = { PATH: SYSTEM_PATH };
  for (const name of KEPT) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function collect(
  child: ChildProcess,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<UserCommandResult> {
  const { promise, resolve } = Promise.withResolvers<UserCommandResult>();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let failure: string | null = null;
  const timer = setTimeout(() => stop(`it took longer than ${limits.timeoutMs} ms`), limits.timeoutMs);

  function stop(reason: string): void {
    failure ??= reason;
    killGroup(child);
    // Something that left the group may still hold the pipe: nobody waits for it.
    child.stdout?.destroy();
  }
  child.stdout?.on("data", (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > limits.maxBytes) stop(`it printed more than ${limits.maxBytes} bytes`);
    else chunks.push(chunk);
  });
  child.on("error", (cause) => {
    failure ??= `it could not be started (${"code" in cause ? String(cause.code) : cause.name})`;
    clearTimeout(timer);
    resolve({ ok: false, reason: failure });
  });
  child.on("close", (code, signal) => {
    clearTimeout(timer);
    killGroup(child);
    if (failure === null && code !== 0) {
      failure = code === null ? `it was ended by ${signal ?? "a signal"}` : `it ended with exit code ${code}`;
    }
    const stdout = Uint8Array.from(Buffer.concat(chunks));
    for (const chunk of chunks) chunk.fill(0);
    resolve(failure === null ? { ok: true, stdout } : { ok: false, reason: failure });
  });
  return promise;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}
