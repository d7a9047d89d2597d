import { dirname } from "node:path";
import type { CommandContext } from "../../cli/context.ts";
import { systemClock } from "../../cli/system/clock.ts";
import { systemRandom } from "../../cli/system/random.ts";
import { systemTimers } from "../../cli/system/timers.ts";

/** What a command gets, without a terminal and with nothing shown. */
export function contextIn(project: string, home: string): CommandContext {
  return {
    cwd: project,
    home,
    userHome: dirname(home),
    json: true,
    output: {
      json: nothing,
      text: nothing,
      table: nothing,
      note: nothing,
      error: nothing,
      partial: nothing,
      failure: nothing,
      raw: nothing,
      flush: () => Promise.resolve(),
      maskWith: nothing,
    },
    tty: { stdin: false, stdout: false, stderr: false, columns: 80, rows: 24 },
    terminal: null,
    system: {
      clock: systemClock,
      random: systemRandom,
      timers: systemTimers,
      env: {},
      processEnv: {},
      takePassphrase: () => null,
    },
    signal: new AbortController().signal,
    passphrase: () => Promise.resolve(null),
    offeredStdin: () => Promise.resolve(null),
    readStdin: () => Promise.resolve(new Uint8Array()),
    onExit: () => nothing,
  };
}

function nothing(): void {}
