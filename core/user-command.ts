/** How a command of the user's own config ended. */
export type UserCommandResult =
  | { readonly ok: true; readonly stdout: Uint8Array }
  | {
    readonly ok: false;
    /** What went wrong, without any output of the command, e.g. `it ended with exit code 1`. */
    readonly reason: string;
  };

/**
 * Runs a command from the user's own config, to fetch a value or an unlock key.
 *
 * Contract:
 * - `argv[0]` is an absolute path of a regular file; no shell, no search path;
 * - the environment is scrubbed to what such tools need (HOME, USER, PATH of the system, locale, session bus, display);
 * - stdin is empty, stderr is dropped;
 * - ends, with everything it started, after `timeoutMs` or `maxBytes`; both make it a failure;
 * - never rejects; an exit code other than 0 is a failure.
 */
export type RunUserCommand = (
  argv: readonly string[],
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
) => Promise<UserCommandResult>;
