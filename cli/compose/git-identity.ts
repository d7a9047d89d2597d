import { join } from "node:path";
import { readOwnFile } from "../../core/mod.ts";

/** Who commits are by. */
export interface GitIdentity {
  readonly name: string;
  readonly email: string;
}

const MAX_BYTES = 262_144;

/**
 * Finds the person's git identity, for commits made in the sandbox: from the environment, else from their own git
 * configuration. A project's `.git/config` is not asked: it may come from elsewhere.
 *
 * @param env The environment.
 * @param userHome The person's home folder.
 * @returns Name and address, or `null` when either is missing.
 */
export function gitIdentity(
  env: Readonly<Record<string, string | undefined>>,
  userHome: string,
): GitIdentity | null {
  const found = new Map<string, string>();
  const xdg = env["XDG_CONFIG_HOME"] ?? join(userHome, ".config");
  for (const file of [join(xdg, "git", "config"), join(userHome, ".gitconfig")]) {
    const read = readOwnFile(file, { maxBytes: MAX_BYTES });
    if (read.kind === "ok") readUserSection(new TextDecoder().decode(read.bytes), found);
  }
  const name = clean(env["GIT_AUTHOR_NAME"] ?? found.get("name"));
  const email = clean(env["GIT_AUTHOR_EMAIL"] ?? found.get("email"));
  return name === null || email === null ? null : { name, email };
}

function readUserSection(text: string, found: Map<string, string>): void {
  let inUser = false;
  for (const line of text.split("\n")) {
    const section = /^\s*\[\s*([^\]\s"]+)\s*("[^"]*")?\s*\]/.exec(line);
    if (section !== null) inUser = section[1]?.toLowerCase() === "user" && section[2] === undefined;
    const entry = inUser ? /^\s*(name|email)\s*=\s*(.*)$/i.exec(line) : null;
    if (entry !== null) found.set((entry[1] ?? "").toLowerCase(), (entry[2] ?? "").replace(/^"(.*)"$/, "$1"));
  }
}

function clean(value: string | undefined): string | null {
  const text = value?.replaceAll(/[\p{Cc}\p{Cf}<>]/gu, "").trim().slice(0, 200);
  return text === undefined || text === "" ? null : text;
}
