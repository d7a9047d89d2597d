import { type AuditLog, openAuditLog, type OtlpPump, writerFacts } from "../../audit/mod.ts";
import type { Redactor, SessionId } from "../../core/mod.ts";
import type { PermitDesk, PolicyEngine } from "../../policy/mod.ts";
import { type Http, type OpenModel, systemPromptDigest } from "../../session/mod.ts";
import type { Config } from "../config/load-config.ts";
import type { CommandContext } from "../context.ts";
import { auditSettings } from "./audit-settings.ts";
import type { Installation } from "./installation.ts";
import { isPlainAct, type SessionRequest } from "./session-request.ts";

/** What a record is about. */
export interface RecordParts {
  readonly installation: Installation;
  readonly config: Config;
  readonly project: string | null;
  /** Folder of the record. */
  readonly dir: string;
  readonly session: SessionId;
  readonly request: Pick<SessionRequest, "front" | "stamp">;
  readonly policy: PolicyEngine;
  readonly permits: PermitDesk;
  readonly redactor: Redactor;
  readonly http: Http;
  readonly model: OpenModel;
  /** `true` while the vault is locked: its values cannot be masked. */
  readonly blind: boolean;
}

/** An open record. */
export interface OpenRecord {
  readonly audit: AuditLog;
  /** Hands the record on to a receiver from now on, where the person configured one. */
  export(): Promise<void>;
}

/**
 * Opens the record of a session. Its first event says what the session begins with.
 *
 * @param context The command's context.
 * @param parts What it is about.
 * @returns The record.
 * @throws {AuditError} What opening a record throws.
 */
export async function openRecord(context: CommandContext, parts: RecordParts): Promise<OpenRecord> {
  const { installation, config, project, dir, session, request, policy, redactor } = parts;
  const { home, keys, ids, facts } = installation;
  const { clock, random, timers } = context.system;
  const writer = writerFacts(facts);
  // Woken by the record, which begins before it.
  let telemetry: OtlpPump | null = null;
  let begun: number | null = null;
  const audit = await openAuditLog({
    dir,
    home,
    project,
    session,
    keys,
    clock,
    random,
    timers,
    writer,
    settings: auditSettings(config),
    policy: policy.generation.digest,
    front: request.front,
    mask: (text) => redactor.mask(text).text,
    start: startFacts(parts),
    stamp: request.stamp,
    onAppend(seq): void {
      begun ??= seq;
      telemetry?.wake();
    },
    onClosed: async () => await telemetry?.stop(),
  });
  return {
    audit,
    async export(): Promise<void> {
      const endpoint = config.user.telemetry?.otlp.endpoint;
      if (endpoint === undefined) return;
      const { openTelemetry } = await import("./telemetry.ts");
      const { permits, http } = parts;
      const ports = { keys, ids, clock, timers, random, writer, http, audit, policy, permits, redactor };
      const from = (begun ?? 1) - 1;
      telemetry = openTelemetry({
        ...ports,
        endpoint,
        dir,
        session,
        from,
        note: (text) => context.output.note(text),
      });
    },
  };
}

/** What a reader of the record must know of its beginning: whether values could be masked, and what the model is told. */
function startFacts({ blind, model, request }: RecordParts): NonNullable<Parameters<typeof openAuditLog>[0]["start"]> {
  const scanner = blind ? "scanner blind: the vault is locked" : "scanner ready";
  if (isPlainAct(request.front)) return { reason: scanner };
  return {
    reason: `${scanner}; system prompt ${systemPromptDigest()}`,
    model: { provider: model.provider, name: model.name },
  };
}
