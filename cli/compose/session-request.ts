import type { AuditLog, AuditStamp, Front } from "../../audit/mod.ts";
import type { Approver, Redactor, SessionId } from "../../core/mod.ts";
import type { PolicyEngine, SessionMode } from "../../policy/mod.ts";
import type { GateParts, Session, SessionEvent, SkillsSetup, TranscriptFolder } from "../../session/mod.ts";
import type { Config } from "../config/load-config.ts";
import type { ResumeWish } from "./conversation.ts";
import type { Installation } from "./installation.ts";

/** What a front door wants of a session. */
export interface SessionRequest {
  readonly front: Front;
  readonly approver: Approver;
  readonly mode: SessionMode;
  /** `required`: without a project nothing happens; `optional`: the floor alone decides, the record is kept under the home. */
  readonly project: "required" | "optional";
  readonly model?: {
    readonly provider?: string | undefined;
    readonly name?: string | undefined;
    readonly script?: string | undefined;
  };
  readonly maxTurns?: number | null;
  /** Skills can be loaded and run, or which ones; a session with a model always has them. */
  readonly skills?: boolean | SkillsSetup;
  /** Goes on with an earlier conversation. */
  readonly resume?: ResumeWish | null;
  /** `true` where a call without a model needs generated tools, or makes one. */
  readonly generated?: boolean;
  /** Refuses a request that can never become a call, before anything is made or recorded. */
  readonly check?: (project: string) => void;
  /** Ids of the front door's client for what is recorded now. */
  readonly stamp?: () => AuditStamp;
  /** Wraps what the gate is wired to, e.g. to watch its tiers; no front door does. */
  readonly wire?: (parts: GateParts) => GateParts;
  /** Takes the events, in order. */
  readonly emit: (event: SessionEvent, session: SessionId) => void;
}

/** A session and what it was made of. */
export interface ComposedSession {
  readonly session: Session;
  readonly policy: PolicyEngine;
  readonly audit: AuditLog;
  readonly redactor: Redactor;
  readonly config: Config;
  /** Root of the project, or `null`. */
  readonly project: string | null;
  readonly installation: Installation;
  /** Where its conversation is kept; `null` where none is. */
  readonly transcripts: TranscriptFolder | null;
  /**
   * Goes on with another configured model.
   *
   * @param name `PROVIDER/NAME`, or `builtin`.
   * @returns The model in use from now on.
   * @throws {CliError} `CONFIG_INVALID`, `VAULT_BLIND`, `MODEL_DENIED`; then the model is the one it was.
   */
  changeModel(name: string): Promise<ModelInUse>;
  /** Begins the kept conversation, before anything was said, so that it can be found again. */
  begin(): void;
  /** Keeps a notice with the conversation. */
  note(record: { readonly kind: "notice"; readonly code: string; readonly text: string }): void;
  /** Closes the record; idempotent, and done by itself when the process ends. */
  close(): Promise<void>;
}

/** The model that answers. */
export interface ModelInUse {
  readonly provider: string;
  readonly name: string;
  readonly locality: "builtin" | "local" | "remote";
}

/**
 * Tells a front without a model: a call of the person, an install, a run of a skill.
 *
 * @param front The front door.
 * @returns `true` where nobody is talked to.
 */
export function isPlainAct(front: Front): boolean {
  return front === "call" || front === "skill";
}

/**
 * Tells a session that may run components: skills or generated tools. A single call of another tool does not.
 *
 * @param request What the front door wants.
 * @returns `true` where the tier of components is needed.
 */
export function runsComponents(request: Pick<SessionRequest, "front" | "skills" | "generated">): boolean {
  const { front, skills, generated } = request;
  return front !== "call" || generated === true || (skills !== undefined && skills !== false);
}
