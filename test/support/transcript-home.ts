import { mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { systemClock } from "../../cli/system/clock.ts";
import { systemRandom } from "../../cli/system/random.ts";
import { type WriterFacts, writerFacts } from "../../audit/mod.ts";
import { createIds, labelOf, openKeys, type SessionId, USER_LABEL } from "../../core/mod.ts";
import type { ContextItem } from "../../session/context.ts";
import type { TranscriptFolder, TranscriptHeader, TranscriptWriting } from "../../session/transcript.ts";

/** A home with keys, a project, and all that a transcript needs. */
export interface TranscriptHome {
  readonly folder: TranscriptFolder;
  readonly writing: TranscriptWriting;
  readonly writer: WriterFacts;
  readonly home: string;
  readonly project: string;
  session(): SessionId;
  remove(): Promise<void>;
}

/** Creates one below the system's temporary folder. */
export async function createTranscriptHome(): Promise<TranscriptHome> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "az-transcript-")));
  const home = join(root, "home");
  const project = join(root, "shop");
  mkdirSync(join(project, ".agentzero"), { recursive: true });
  const keys = await openKeys({ home, random: systemRandom });
  const ids = createIds(systemClock, systemRandom);
  const writer = writerFacts({ pid, version: "0.0.0", runtime: "test" });
  return {
    folder: { dir: join(project, ".agentzero", "sessions"), project, keys },
    writing: { random: systemRandom, clock: systemClock, writer, mask: (text) => text },
    writer,
    home,
    project,
    session: () => ids.next("ses"),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A header with nothing special in it. */
export function headerFor(title: string): TranscriptHeader {
  return {
    title,
    cwd: "/home/me/shop",
    provider: "ollama",
    model: "llama3.2",
    locality: "local",
    policy: `b2:${"0".repeat(64)}`,
    mode: "ask",
    version: "0.1.0",
  };
}

/** A prompt of the person, with a piece of labelled data. */
export function promptItem(text: string): ContextItem {
  return {
    kind: "prompt",
    text,
    data: [{ text: "from a pipe", label: labelOf("file", ["private"], "stdin"), detected: ["pii"] }],
  };
}

/** A reply with one call. */
export function replyItem(session: SessionId, text: string, output: string): ContextItem {
  return {
    kind: "reply",
    text,
    label: { ...USER_LABEL, trust: ["user", "model"] },
    calls: [{
      call: createIds(systemClock, systemRandom).next("call"),
      id: "call_0",
      tool: "read",
      args: { path: "src/a.ts", session },
      status: "ok",
      result: { text: output, label: labelOf("file", ["private"], "src/a.ts"), detected: [] },
    }],
  };
}
