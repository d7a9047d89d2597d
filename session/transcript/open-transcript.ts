import { rmSync } from "node:fs";
import type { SessionId } from "../../core/mod.ts";
import type { ContextItem } from "../context.ts";
import { type TranscriptFolder } from "./read-transcript.ts";
import { titleOf, type TranscriptHeader, type TranscriptRecord, type TranscriptState } from "./record.ts";
import type { Transcript, TranscriptWriting } from "./transcript-writer.ts";
import { createTranscript, resumeTranscript } from "./write-transcript.ts";

/** What an earlier opening of a session left behind. */
export interface ResumedSession {
  /** The context as it stands. */
  readonly items: readonly ContextItem[];
  /** What the person typed so far, masked: it feeds the quote table again. */
  readonly quotes: readonly string[];
  /** The last counters. */
  readonly state: TranscriptState | null;
  /** What it is. */
  readonly header: TranscriptHeader;
  /** For the person: a line that was cut off. */
  readonly notices: readonly string[];
}

/** The transcript of a session that runs. */
export interface OpenTranscript {
  /** `null` for a new session. */
  readonly resumed: ResumedSession | null;
  /** Begins the file before the first step, so that a session without words can be found again. Idempotent. */
  begin(): void;
  /** Takes each step of the conversation; the file begins with the first one. Rejects with `SESSION_WRITE`. */
  store(item: ContextItem): Promise<void>;
  /** Takes a notice or a rewritten context. Before the first step there is nothing to note. */
  note(record: Exclude<TranscriptRecord, { kind: "item" }>): void;
  /** Closes the file. Idempotent. */
  close(): void;
}

/**
 * Opens the transcript of a session: a new one, which leaves no file until something was said, or an earlier one to go
 * on with. Labels, quotes and counters come back; grants, permits and the envelope's token never do.
 *
 * @example
 * ```ts
 * const kept = openTranscript(folder, { session, resume: false, header, state }, writing);
 * const opened = openSession({ ...options, resumed: kept.resumed ?? undefined, store: (item) => kept.store(item) });
 * ```
 * @param folder Where transcripts are.
 * @param of The session, whether it goes on, what it is, and where its counters stand.
 * @param writing Ports.
 * @returns The transcript.
 * @throws {SessionError} `SESSION_NOT_FOUND`, `SESSION_DAMAGED`, `SESSION_BUSY`. @throws {CoreError} `KEY_LOCKED`.
 */
export function openTranscript(
  folder: TranscriptFolder,
  of: {
    readonly session: SessionId;
    readonly resume: boolean;
    readonly header: Omit<TranscriptHeader, "title">;
    /** Asked after each reply. */
    readonly state: () => TranscriptState;
  },
  writing: TranscriptWriting,
): OpenTranscript {
  const earlier = of.resume ? resumeTranscript(folder, of.session, writing) : null;
  let transcript: Transcript | null = earlier?.transcript ?? null;
  /** What was noted before the first step, as long as none was taken. */
  let early: TranscriptRecord[] | null = null;

  function begin(item: ContextItem | null): Transcript {
    const title = item?.kind === "prompt" ? titleOf(writing.mask(item.text)) : "";
    return createTranscript(folder, { session: of.session, header: { ...of.header, title } }, writing);
  }

  // A header cannot be changed: one that was begun without words gives way to one with a title.
  function withTitle(item: ContextItem): Transcript {
    if (transcript === null) return begin(item);
    if (early === null || item.kind !== "prompt") return transcript;
    const notes = early;
    early = null;
    transcript.close();
    rmSync(transcript.file, { force: true });
    const titled = begin(item);
    for (const note of notes) titled.append(note);
    return titled;
  }

  return {
    resumed: earlier === null ? null : {
      items: earlier.content.items,
      quotes: earlier.content.records.flatMap((record) =>
        record.kind === "item" && record.item.kind === "prompt" ? [record.item.text] : []
      ),
      state: earlier.content.state,
      header: earlier.content.header,
      notices: earlier.content.notices,
    },
    begin(): void {
      if (transcript !== null) return;
      transcript = begin(null);
      early = [];
    },
    // oxlint-disable-next-line typescript/require-await -- a throw must become a rejection
    async store(item): Promise<void> {
      transcript = withTitle(item);
      transcript.append({ kind: "item", item });
      if (item.kind === "reply") transcript.append({ kind: "state", state: of.state() });
    },
    note(record): void {
      early?.push(record);
      transcript?.append(record);
    },
    close(): void {
      transcript?.close();
    },
  };
}
