import { existsSync } from "node:fs";
import { isId, type SessionId } from "../../core/mod.ts";
import {
  type Http,
  type ModelChoice,
  type OpenModel,
  openModel,
  type OpenTranscript,
  openTranscript,
  readTranscript,
  type SessionEvent,
  transcriptFile,
  type TranscriptFolder,
  type TranscriptHeader,
  transcriptIds,
  type TranscriptState,
  type TranscriptWriting,
} from "../../session/mod.ts";
import { CliError } from "../errors.ts";

/** Which conversation to go on with: the newest here, or one by id. */
export type ResumeWish = { readonly kind: "newest" } | { readonly kind: "id"; readonly id: string };

/**
 * Finds the conversation to go on with, before anything is made or recorded.
 *
 * @param dir Folder of the transcripts.
 * @param wish Which one.
 * @returns Its session.
 * @throws {CliError} `NOT_FOUND` when there is none.
 */
export function conversationToResume(dir: string, wish: ResumeWish): SessionId {
  if (wish.kind === "newest") {
    const [newest] = transcriptIds(dir);
    if (newest !== undefined) return newest;
    throw new CliError("NOT_FOUND", "Cannot go on: no conversation is kept here yet", {
      hint: "start one without --continue",
    });
  }
  const id = wish.id;
  if (isId("ses", id) && existsSync(transcriptFile(dir, id))) return id;
  throw new CliError("NOT_FOUND", `Cannot go on with "${id.slice(0, 64)}": there is no such conversation here`, {
    hint: "agentzero session list",
  });
}

/** Counts what a session used, so that a resumed one goes on from there. */
export interface UsageCounter {
  /** Takes every event of the session. */
  take(event: SessionEvent): void;
  state(model: OpenModel): TranscriptState;
  /** Begins where an earlier opening stopped. */
  goOnFrom(state: TranscriptState | null): void;
}

/** Creates the counter of a session. */
function createUsageCounter(): UsageCounter {
  let turns = 0;
  let input = 0;
  let output = 0;
  return {
    take(event): void {
      if (event.type !== "usage") return;
      turns++;
      input += event.input;
      output += event.output;
    },
    state: (model) => ({ script: model.position(), turns, input, output }),
    goOnFrom(state): void {
      turns = state?.turns ?? 0;
      input = state?.input ?? 0;
      output = state?.output ?? 0;
    },
  };
}

/** Lets a script go on with the turn it stopped at. */
function resumedChoice(choice: ModelChoice, kept: TranscriptState | null): ModelChoice {
  const next = kept?.script ?? null;
  return choice.kind !== "script" || next === null ? choice : { ...choice, next };
}

/** What a conversation is kept with. */
export interface ConversationParts {
  readonly folder: TranscriptFolder;
  readonly session: SessionId;
  readonly resume: boolean;
  readonly header: Omit<TranscriptHeader, "title" | "provider" | "model" | "locality">;
  readonly writing: TranscriptWriting;
}

/** A conversation that is kept. */
export interface Conversation {
  readonly transcript: OpenTranscript;
  /** Takes every event, so that the counters go on when the conversation does. */
  readonly usage: UsageCounter;
}

/**
 * Opens the model of a conversation; a script goes on where it stopped. Nothing is sent or recorded.
 *
 * @param choice Which model.
 * @param of The conversation.
 * @param http The network adapter.
 * @returns The model.
 * @throws {SessionError} `SCRIPT_NOT_FOUND`, `SCRIPT_INVALID`, `CONFIG_INVALID`; `SESSION_DAMAGED` for the transcript.
 */
export function openConversationModel(
  choice: ModelChoice,
  of: Pick<ConversationParts, "folder" | "session" | "resume">,
  http: Http,
): Promise<OpenModel> {
  const kept = of.resume && choice.kind === "script" ? readTranscript(of.folder, of.session).state : null;
  return openModel(resumedChoice(choice, kept), { http });
}

/**
 * Opens the transcript of a session. Its file begins with the first step.
 *
 * @param model The open model.
 * @param parts Where it is kept and what it is.
 * @returns The transcript and its counters.
 * @throws {SessionError} `SESSION_DAMAGED`, `SESSION_BUSY`.
 */
export function openConversation(model: OpenModel, parts: ConversationParts): Conversation {
  const { folder, session, resume } = parts;
  const usage = createUsageCounter();
  const transcript = openTranscript(folder, {
    session,
    resume,
    header: { ...parts.header, provider: model.provider, model: model.name, locality: model.locality },
    state: () => usage.state(model),
  }, parts.writing);
  usage.goOnFrom(transcript.resumed?.state ?? null);
  return { transcript, usage };
}
