import { writerFacts } from "../audit/mod.ts";
import { type GateParts, openSession, type Session } from "../session/mod.ts";
import { type Closer, createCloser } from "./compose/closer.ts";
import type { Conversation } from "./compose/conversation.ts";
import { gateParts } from "./compose/gate-parts.ts";
import { openRecord } from "./compose/open-record.ts";
import { type PreparedSession, prepareSession } from "./compose/prepare-session.ts";
import { refuseBlindly } from "./compose/secrets.ts";
import { type ComposedSession, runsComponents, type SessionRequest } from "./compose/session-request.ts";
import { sessionLimits } from "./config/limits.ts";
import type { CommandContext } from "./context.ts";
import { VERSION } from "./version.ts";

export type { ComposedSession, ModelInUse, SessionRequest } from "./compose/session-request.ts";

/**
 * Wires a session: home, keys, configuration, policy, record, secrets, tiers, model. The one place where the real ports
 * and the rooms below meet.
 *
 * @param context The command's context.
 * @param request What the front door wants.
 * @returns The open session.
 * @throws {CliError} `NO_PROJECT`, `PROJECT_UNSAFE`, `HOME_UNSAFE`, `CONFIG_INVALID` and what keys, policy, record and
 * model throw.
 */
export async function openComposedSession(context: CommandContext, request: SessionRequest): Promise<ComposedSession> {
  const parts = await prepareSession(context, request);
  const { policy, secrets, config, project, installation, redactor } = parts;
  const record = await openRecord(context, { ...parts, request, dir: parts.record.dir, blind: secrets.secrets.blind });
  const { audit } = record;
  const closer = createCloser(context, audit);
  for (const warning of audit.warnings) context.output.note(`warning: ${warning}`);
  try {
    refuseBlindly(secrets, parts.choice);
    await record.export();
    const kept = openKept(context, { parts, request, closer });
    const wired = await gateParts(context, {
      ...parts,
      request,
      audit,
      closer,
      emit(event): void {
        kept?.usage.take(event);
        request.emit(event, parts.session);
      },
    });
    const gate = request.wire?.(wired) ?? wired;
    const session = await openTalk(context, { parts, request, gate, kept });
    closer.own(session);
    return {
      session,
      policy,
      audit,
      redactor,
      config,
      project,
      installation,
      transcripts: parts.talk === null ? null : parts.conversation.folder,
      async changeModel(name) {
        const { changeModelOf } = await import("./compose/choose-model.ts");
        return await changeModelOf(parts.sources, { session, secrets, name });
      },
      begin: () => kept?.transcript.begin(),
      note: (notice) => kept?.transcript.note(notice),
      close: () => closer.close(),
    };
  } catch (cause) {
    // The record was begun: it ends as failed, not as something that was killed.
    await closer.close("failed");
    throw cause;
  }
}

interface Opening {
  readonly parts: PreparedSession;
  readonly request: SessionRequest;
}

/** Opens what keeps the conversation; `null` for a call without a model. */
function openKept(context: CommandContext, opening: Opening & { readonly closer: Closer }): Conversation | null {
  const { parts: { talk, model, conversation, policy, redactor, installation }, request, closer } = opening;
  if (talk === null) return null;
  const { random, clock } = context.system;
  const kept = talk.openConversation(model, {
    ...conversation,
    header: { cwd: context.cwd, policy: policy.generation.digest, mode: request.mode, version: VERSION },
    writing: { random, clock, writer: writerFacts(installation.facts), mask: (text) => redactor.mask(text).text },
  });
  closer.also(() => kept.transcript.close());
  for (const notice of kept.transcript.resumed?.notices ?? []) context.output.note(notice);
  return kept;
}

/** Opens the session itself, over the wired gate. */
async function openTalk(
  context: CommandContext,
  opening: Opening & { readonly gate: GateParts; readonly kept: Conversation | null },
): Promise<Session> {
  const { parts, request, gate, kept } = opening;
  const resumed = kept?.transcript.resumed ?? null;
  // A single call of a tool of ours needs neither skills nor what runs them.
  const added = runsComponents(request)
    ? await (await import("./compose/added-tools.ts")).addedTools(context, { ...parts, request })
    : {};
  return openSession({
    gate,
    ...added,
    approver: request.approver,
    model: parts.model,
    limits: sessionLimits(parts.config, request.maxTurns ?? null),
    random: context.system.random,
    mode: request.mode,
    version: VERSION,
    instructions: parts.instructions.parts,
    ...(resumed === null ? {} : { resumed }),
    ...(kept === null ? {} : {
      store: (item) => kept.transcript.store(item),
      rewrite: (items) => kept.transcript.note({ kind: "rewrite", items }),
    }),
  });
}
