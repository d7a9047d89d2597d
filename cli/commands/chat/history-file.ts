import { join } from "node:path";
import {
  decode,
  fromBase64,
  type Keys,
  type Random,
  readOwnFile,
  type Redactor,
  seal,
  shape,
  toBase64,
  unseal,
  writeFileAtomic,
} from "../../../core/mod.ts";

/** What was typed in earlier chats. */
export interface History {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Adds an input, unless it starts with a blank, repeats the last one or looks like a secret. */
  add(text: string, redactor: Pick<Redactor, "mask" | "detect">): Promise<void>;
}

/** What the history is kept with. */
export interface HistoryParts {
  /** Real path of the home. */
  readonly home: string;
  readonly keys: Pick<Keys, "derive">;
  readonly random: Random;
  /** Tells that it cannot be read or kept. */
  readonly warn: (text: string) => void;
}

const MAX_LINES = 1_000;
const MAX_LINE_BYTES = 4_096;
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const LABEL = "az/history/v1";
const SEALED = shape.object({
  v: shape.guarded((value): value is 1 => value === 1, "1"),
  nonce: shape.string(),
  box: shape.string(),
});
const LINES = shape.list(shape.string());

/**
 * Opens the history of this installation, sealed in `history.json` of the home.
 *
 * @param parts Home and keys.
 * @returns The history; empty when there is none or it cannot be opened, which is told once.
 */
export function openHistory(parts: HistoryParts): History {
  const path = join(parts.home, "history.json");
  const key = parts.keys.derive(LABEL);
  const lines = [...readLines(path, key, parts.warn)];
  let broken = false;
  return {
    lines,
    async add(text, redactor): Promise<void> {
      if (text.startsWith(" ") || text === lines.at(-1) || Buffer.byteLength(text) > MAX_LINE_BYTES) return;
      if (await looksSecret(text, redactor)) return;
      lines.push(text);
      if (lines.length > MAX_LINES) lines.splice(0, lines.length - MAX_LINES);
      if (broken) return;
      try {
        // Another chat may have added lines since: they stay, before ours.
        const merged = [...readLines(path, key, () => undefined), text].slice(-MAX_LINES);
        const plain = new TextEncoder().encode(JSON.stringify(merged));
        const { nonce, bytes } = seal(key, plain, { aad: LABEL, random: parts.random });
        const file = JSON.stringify({ v: 1, nonce: toBase64(nonce), box: toBase64(bytes) });
        writeFileAtomic(path, new TextEncoder().encode(`${file}\n`));
      } catch {
        broken = true;
        parts.warn("warning: Cannot keep the history of inputs: the home cannot be written");
      }
    },
  };
}

// Threat: a token typed by mistake would be offered again, and lie on disk, for years.
async function looksSecret(text: string, redactor: Pick<Redactor, "mask" | "detect">): Promise<boolean> {
  try {
    if (redactor.mask(text).redactions.length > 0) return true;
    return (await redactor.detect(text)).some((hit) => hit.class === "secret" || hit.class === "credential");
  } catch {
    return true;
  }
}

function readLines(path: string, key: Uint8Array, warn: (text: string) => void): readonly string[] {
  const file = readOwnFile(path, { maxBytes: MAX_FILE_BYTES, secret: true });
  if (file.kind === "missing") return [];
  const why = file.kind === "unsafe" ? file.why : "it is damaged";
  try {
    if (file.kind === "ok") {
      const { nonce, box } = decode(SEALED, JSON.parse(new TextDecoder().decode(file.bytes)), "the history");
      const plain = unseal(key, { nonce: fromBase64(nonce) ?? NOTHING, bytes: fromBase64(box) ?? NOTHING }, LABEL);
      if (plain !== null) return decode(LINES, JSON.parse(new TextDecoder().decode(plain)), "the history");
    }
  } catch {
    // Told below, like every other damage.
  }
  warn(`warning: Cannot use the history of inputs "${path}": ${why}; move it away to begin a new one`);
  return [];
}

const NOTHING = new Uint8Array(0);
