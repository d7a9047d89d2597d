import { AgentZeroError, type ErrorDetails } from "../../../core/mod.ts";
import { type Acts, createHttp, type SourceNetOptions } from "../../../session/mod.ts";
import { type LockEntry, SkillsError, type SkillsOptions, type SourceNet } from "../../../skills/mod.ts";
import { createNobody } from "../../approvers.ts";
import { type ComposedSession, openComposedSession } from "../../compose.ts";
import { skillsOptions } from "../../compose/skills.ts";
import type { CommandContext } from "../../context.ts";
import { requireProject } from "../../project-root.ts";

/** A session in which skills are installed, removed, pulled or pushed: every refusal is on record. */
export interface ActSession {
  /** Name in the record, e.g. `skill install`. */
  readonly tool: string;
  readonly opened: ComposedSession;
  readonly acts: Acts;
  readonly options: SkillsOptions & { readonly project: string };
  /** The way to a registry, with a credential for its origin or none. */
  net(credential: SourceNetOptions["credential"]): SourceNet;
}

/**
 * Runs a command about skills in a session of its own. What is refused is recorded with its code before it is shown.
 *
 * @param context The command's context.
 * @param tool Name in the record.
 * @param work The command.
 * @returns What it returns.
 */
export async function inActSession<T>(
  context: CommandContext,
  tool: string,
  work: (session: ActSession) => Promise<T>,
): Promise<T> {
  const project = requireProject(context);
  const opened = await openLocked(context);
  try {
    const acts = await opened.session.acts();
    const options = skillsOptions(context, opened.installation, { project, policy: opened.policy });
    const http = createHttp({ timers: context.system.timers });
    const { signal } = context;
    return await work({
      tool,
      opened,
      acts,
      options,
      net: (credential) => acts.sourceNet({ http, tool, signal, credential }),
    });
  } catch (cause) {
    await recordRefusal(opened, tool, cause);
    throw cause;
  } finally {
    await opened.close();
  }
}

async function openLocked(context: CommandContext): Promise<ComposedSession> {
  try {
    return await openComposedSession(context, {
      front: "skill",
      approver: context.terminal?.approver ?? createNobody(),
      mode: "ask",
      project: "required",
      emit: () => {},
    });
  } catch (cause) {
    throw trustLocked(cause);
  }
}

/** Says what a missing key means where trust is concerned: nothing that it protects can be believed. */
export function trustLocked(cause: unknown): unknown {
  if (!(cause instanceof AgentZeroError) || cause.code !== "KEY_MISSING") return cause;
  const details: ErrorDetails = {
    hint: cause.hint ?? "restore the folder keys of your home from a backup, then: agentzero doctor",
    cause,
  };
  return new SkillsError("TRUST_LOCKED", "Cannot read what is trusted: a key of this installation is missing", details);
}

async function recordRefusal({ audit }: ComposedSession, tool: string, cause: unknown): Promise<void> {
  const { code, message } = cause instanceof AgentZeroError ? cause : { code: "INTERNAL", message: "it failed inside" };
  const { seq } = audit.append({
    event: "skill.change",
    action: tool,
    decision: "deny",
    reason: `${code}: ${message}`,
    result: { status: "error", error: { code, message } },
  });
  await audit.barrier(seq, true);
}

/** A skill as the record names it. */
export function recordedSkill({ id, version, key, package: digest, fingerprint }: LockEntry): {
  readonly id: string;
  readonly version: string;
  readonly publisher: string | null;
  readonly digest: string;
  readonly fingerprint: string;
} {
  return { id, version, publisher: key, digest, fingerprint };
}

/** Turns the failure of an act into what is thrown: code, message and hint stay. */
export class ActRefused extends AgentZeroError {
  constructor(failure: { readonly code: string; readonly message: string; readonly hint: string | null }) {
    super(failure.code, failure.message, { hint: failure.hint ?? undefined });
  }
}
