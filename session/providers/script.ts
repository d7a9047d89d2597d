import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { LanguageModelV4, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { Json } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import { MAX_SCRIPT_BYTES, parseScript, type ScriptTurn } from "./parse-script.ts";
import { lastResult, type Turn, turnModel } from "./turn-model.ts";

/** A scripted model and how far it has played. */
export interface ScriptedModel {
  readonly model: LanguageModelV4;
  /** Index of the turn that the next model call plays. */
  position(): number;
}

/** What `${last}` may blow a turn up to. */
const MAX_TURN_CHARS = 8 * 1_048_576;

/**
 * Makes a model that plays turns one after the other; past the end its replies are empty.
 *
 * `${last}` in a string stands for the text of the last tool result, put in once and not looked at again; `$${last}`
 * is the literal text.
 *
 * @param turns The script.
 * @param next Index of the first turn to play, for resumed sessions.
 * @returns The model and its position.
 */
export function scriptedModel(turns: readonly ScriptTurn[], next = 0): ScriptedModel {
  let position = next;
  function reply(prompt: LanguageModelV4Prompt): Turn {
    const turn = turns[position];
    if (turn === undefined) return { text: "", calls: [] };
    position++;
    const fill = filler(lastResult(prompt) ?? "");
    return {
      text: fill(turn.text ?? ""),
      calls: (turn.calls ?? []).map(({ tool, args }) => ({ tool, args: fillAll(args, fill) })),
    };
  }
  return { model: turnModel({ provider: "script", modelId: "script" }, reply), position: () => position };
}

function filler(last: string): (text: string) => string {
  let room = MAX_TURN_CHARS;
  return (text) => {
    // One pass with a function: neither `${last}` nor `$&` inside the result means anything.
    const filled = text.replaceAll(/\$?\$\{last\}/g, (mark) => {
      if (mark.startsWith("$$")) return mark.slice(1);
      room -= last.length;
      // Threat: a script of a thousand marks and a large result.
      if (room < 0) throw new SessionError("PROVIDER_STREAM", "Cannot play script: its turn is larger than 8 MiB");
      return last;
    });
    return filled;
  };
}

function fillAll(value: Json, fill: (text: string) => string): Json {
  if (typeof value === "string") return fill(value);
  if (Array.isArray(value)) return value.map((item: Json) => fillAll(item, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(item, fill)]));
}

/**
 * Loads a script file: a regular file of at most 1 MiB in UTF-8.
 *
 * @param file Absolute path.
 * @returns Its turns.
 * @throws {SessionError} `SCRIPT_NOT_FOUND`, `SCRIPT_INVALID`.
 */
export async function loadScript(file: string): Promise<readonly ScriptTurn[]> {
  const name = basename(file);
  return parseScript(decodeText(await readWhole(file, name), name), name);
}

async function readWhole(file: string, name: string): Promise<Uint8Array> {
  // Without O_NONBLOCK a FIFO in the place of the file would hold us for ever.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => {
    throw new SessionError("SCRIPT_NOT_FOUND", `Cannot load script "${name}": there is no such readable file`, {
      hint: "give the path of a YAML file with --script FILE",
    });
  });
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new SessionError("SCRIPT_INVALID", `Cannot load script "${name}": not a regular file`);
    const buffer = new Uint8Array(MAX_SCRIPT_BYTES + 1);
    let length = 0;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one piece after the other
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > MAX_SCRIPT_BYTES) {
      throw new SessionError("SCRIPT_INVALID", `Cannot load script "${name}": more than ${MAX_SCRIPT_BYTES} bytes`);
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SessionError("SCRIPT_INVALID", `Cannot load script "${name}": it is not UTF-8 text`);
  }
}
