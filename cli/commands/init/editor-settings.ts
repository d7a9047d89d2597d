import { realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What a person puts into the settings of an editor. */
export interface EditorSettings {
  /** The file it belongs in, or what to do with it. */
  readonly place: string;
  /** JSON to paste. */
  readonly snippet: string;
}

/** How this program is started, with absolute paths: an editor's PATH differs from a terminal's. */
export interface OwnCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Finds how to start this program from elsewhere: the command on PATH that leads to this entry point, else the runtime
 * with the entry point.
 *
 * @param env The environment.
 * @param self Runtime and entry point of this process.
 * @returns The command.
 */
export function ownCommand(
  env: Readonly<Record<string, string | undefined>>,
  self: { readonly execPath: string; readonly entry: string; readonly deno: boolean },
): OwnCommand {
  const entry = realOrSame(self.entry);
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    // A `node_modules/.bin` of the moment is no lasting place.
    if (folder === "" || folder.includes("node_modules")) continue;
    const candidate = join(folder, "agentzero");
    if (realOrSame(candidate) === entry && candidate !== entry) return { command: candidate, args: [] };
  }
  return { command: self.execPath, args: self.deno ? ["run", "-A", entry] : [entry] };
}

/**
 * Writes the settings that make an editor start the ACP agent. Files of an editor are never edited.
 *
 * @param editor `zed` or `vscode`.
 * @param own How this program is started.
 * @returns The place and the snippet.
 */
export function editorSettings(editor: string, own: OwnCommand): EditorSettings {
  const { command } = own;
  const args = [...own.args, "acp"];
  if (editor === "zed") {
    const snippet = { agent_servers: { AgentZero: { type: "custom", command, args, env: {} } } };
    return { place: "add to ~/.config/zed/settings.json", snippet: JSON.stringify(snippet) };
  }
  return {
    place: "in VS Code: install an extension for the Agent Client Protocol and add an agent with",
    snippet: JSON.stringify({ command, args }),
  };
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
