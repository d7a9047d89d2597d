import type { AuditLog } from "../../audit/mod.ts";
import { type Redactor, type SessionId, toHex } from "../../core/mod.ts";
import type { PermitDesk, PolicyEngine } from "../../policy/mod.ts";
import { lookupProgram } from "../../sandbox/mod.ts";
import type { GateParts, Http } from "../../session/mod.ts";
import { toolLimits } from "../config/limits.ts";
import type { Config } from "../config/load-config.ts";
import type { CommandContext } from "../context.ts";
import type { Closer } from "./closer.ts";
import { gitIdentity } from "./git-identity.ts";
import type { Installation } from "./installation.ts";
import { type RecordPlace, shownFile } from "./record-place.ts";
import type { OpenSecrets } from "./secrets.ts";
import type { SessionRequest } from "./session-request.ts";
import { createTiers } from "./tiers.ts";

/** What the gate of a session is wired to. */
export interface GateWiring {
  readonly session: SessionId;
  /** Root of the project, or the folder that stands in for one. */
  readonly root: string;
  readonly request: Pick<SessionRequest, "front" | "skills" | "generated">;
  readonly installation: Installation;
  readonly config: Config;
  readonly record: RecordPlace;
  readonly policy: PolicyEngine;
  readonly permits: PermitDesk;
  readonly audit: AuditLog;
  readonly redactor: Redactor;
  readonly secrets: OpenSecrets;
  readonly http: Http;
  readonly closer: Closer;
  readonly emit: GateParts["emit"];
}

/**
 * Wires the gate: who decides, who records, who runs, and what plans may look at.
 *
 * @param context The command's context.
 * @param wiring The open parts.
 * @returns The parts of the gate.
 */
export async function gateParts(context: CommandContext, wiring: GateWiring): Promise<GateParts> {
  const { session, root, request, installation, config, record, policy, permits, audit, redactor, secrets } = wiring;
  const { clock, random, timers, env } = context.system;
  const toolchains = config.user.sandbox?.paths ?? [];
  return {
    session,
    project: root,
    front: request.front,
    uid: installation.facts.uid,
    clock,
    timers,
    ids: installation.ids,
    policy,
    permits,
    audit,
    auditFile: shownFile(audit.file, root),
    redactor,
    secrets: secrets.secrets,
    findBinding: secrets.findBinding,
    bindingsOf: secrets.bindingsOf,
    tiers: await createTiers(context, wiring),
    plan: {
      project: root,
      stageRoot: record.stageRoot,
      classify: (target) => policy.classify(target),
      lookupProgram: (word) => lookupProgram(word, toolchains),
      toolchains,
      gitIdentity: gitIdentity(env, context.userHome),
      newStageName: () => toHex(random.bytes(12)),
      limits: toolLimits(config),
    },
    detect: request.front !== "call",
    ...(request.front === "acp" ? { showsChanges: true } : {}),
    emit: wiring.emit,
  };
}
