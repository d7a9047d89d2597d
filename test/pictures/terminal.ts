import { spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

/** A terminal that can be typed into and looked at. */
export interface Terminal {
  /** Types a text as a person would, without Enter. */
  type(text: string): void;
  /** Presses one key by its tmux name. */
  press(key: string): void;
  /** Resolves when the screen holds a text, below what was waited for before; rejects after a minute. */
  waitFor(text: string): Promise<void>;
  /** The screen with its colours, a line each, without empty lines at the end. */
  look(): readonly string[];
  close(): void;
}

/** `true` where there is tmux. */
export const HAS_TMUX: boolean = spawnSync("tmux", ["-V"]).status === 0;

const PATIENCE_MS = 60_000;

/**
 * Opens a shell in tmux, on a server of its own.
 *
 * @param options Size in cells, folder, and the whole environment.
 * @returns The terminal.
 */
export function openTerminal(
  options: {
    readonly columns: number;
    readonly rows: number;
    readonly cwd: string;
    readonly shell: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Terminal {
  const server = `az-pictures-${process.pid}`;
  let seen = 0;
  function tmux(...words: readonly string[]): string {
    const ran = spawnSync("tmux", ["-L", server, "-f", "/dev/null", ...words], { encoding: "utf8", env: options.env });
    if (ran.status !== 0) throw new Error(`tmux ${words[0]} ended with ${ran.status}: ${ran.stderr}`);
    return ran.stdout;
  }
  const size = ["-x", String(options.columns), "-y", String(options.rows)];
  tmux("new-session", "-d", "-s", "p", ...size, "-c", options.cwd, ...options.shell);
  return {
    type: (text) => void tmux("send-keys", "-t", "p", "-l", text),
    press: (key) => void tmux("send-keys", "-t", "p", key),
    async waitFor(text): Promise<void> {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const screen = tmux("capture-pane", "-t", "p", "-p", "-S", "-");
        const at = screen.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return;
        }
        if (Date.now() > until) throw new Error(`the screen never showed ${JSON.stringify(text)}:\n${screen}`);
        // oxlint-disable-next-line no-await-in-loop -- it looks again
        await wait(100);
      }
    },
    look: () => tmux("capture-pane", "-t", "p", "-e", "-p", "-S", "-").trimEnd().split("\n"),
    close: () => void tmux("kill-server"),
  };
}
