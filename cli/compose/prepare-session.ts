import { createRedactor, type Redactor, type SessionId } from "../../core/mod.ts";
import { createPermits, type PermitDesk, type PolicyEngine } from "../../policy/mod.ts";
import { createHttp, type Http, type ModelChoice, type OpenModel, openModel } from "../../session/mod.ts";
import { type Config, loadConfig } from "../config/load-config.ts";
import { modelChoice } from "../config/model-choice.ts";
import type { CommandContext } from "../context.ts";
import { findProject, requireProject } from "../project-root.ts";
import type { ModelSources } from "./choose-model.ts";
import type * as conversationModule from "./conversation.ts";
import type { Instructions } from "./instructions.ts";
import { type Installation, openInstallation } from "./installation.ts";
import { policyNotice } from "./policy-notice.ts";
import { openProjectPolicy } from "./project-policy.ts";
import { type RecordPlace, recordPlace } from "./record-place.ts";
import { type OpenSecrets, openSecrets } from "./secrets.ts";
import { isPlainAct, type SessionRequest } from "./session-request.ts";
import { isTrustedConfig } from "./trusted-config.ts";

type Talk = typeof conversationModule;

/** Everything a session needs before its record begins. */
export interface PreparedSession {
  readonly project: string | null;
  /** Root of the project, or the folder that stands in for one. */
  readonly root: string;
  readonly installation: Installation;
  readonly policy: PolicyEngine;
  readonly config: Config;
  readonly instructions: Instructions;
  readonly redactor: Redactor;
  readonly permits: PermitDesk;
  readonly secrets: OpenSecrets;
  readonly http: Http;
  readonly record: RecordPlace;
  readonly session: SessionId;
  /** What keeps a conversation; `null` for a call without a model, which is none. */
  readonly talk: Talk | null;
  readonly conversation: Pick<Parameters<Talk["openConversation"]>[1], "folder" | "session" | "resume">;
  readonly sources: ModelSources;
  readonly choice: ModelChoice;
  readonly model: OpenModel;
}

/**
 * Opens home, keys, policy, configuration, secrets and model. Nothing is recorded or sent.
 *
 * @param context The command's context.
 * @param request What the front door wants.
 * @returns The parts.
 * @throws {CliError} As `openComposedSession()`.
 */
export async function prepareSession(context: CommandContext, request: SessionRequest): Promise<PreparedSession> {
  const project = request.project === "required" ? requireProject(context) : findProject(context);
  const root = project ?? context.cwd;
  request.check?.(root);
  const installation = await openInstallation(context);
  const { home, keys, ids } = installation;
  const policy = await openProjectPolicy(context, installation, { project, mode: request.mode });
  const config = await loadConfig({
    home,
    project,
    isTrusted: (bytes) => isTrustedConfig(installation, { project, policy }, bytes),
    env: context.system.env,
    flags: { provider: request.model?.provider, model: request.model?.name },
  });
  // A call without a model has nobody to instruct.
  const instructions = isPlainAct(request.front)
    ? { parts: [], notices: [] }
    : (await import("./instructions.ts")).findInstructions(installation, { project, policy });
  for (const notice of [policyNotice(policy.generation, project), ...config.notices, ...instructions.notices]) {
    if (notice !== null) context.output.note(notice);
  }
  const redactor = createRedactor({ random: context.system.random });
  const record = recordPlace(home, project);
  const resume = request.resume ?? null;
  // A call without a model is no conversation: what keeps one is not even loaded.
  const talk = isPlainAct(request.front) ? null : await import("./conversation.ts");
  const session = talk === null || resume === null
    ? ids.next("ses")
    : talk.conversationToResume(record.sessions, resume);
  if (resume !== null && keys.locked) await keys.unlock(() => context.passphrase());
  const http = createHttp({ timers: context.system.timers });
  const conversation = { folder: { dir: record.sessions, project, keys }, session, resume: resume !== null };
  const places = { cwd: context.cwd, home, userHome: context.userHome };
  const choice = modelChoice(config, request.model?.script, places);
  const model = talk === null
    ? await openModel(choice, { http })
    : await talk.openConversationModel(choice, conversation, http);
  const permits = createPermits(context.system.clock);
  // Before the record, which masks with what they know and says whether they know all.
  const secrets = await openSecrets(context, { installation, config, redactor, permits });
  const sources = { config, request, places, http };
  return {
    project,
    root,
    installation,
    policy,
    config,
    instructions,
    redactor,
    permits,
    secrets,
    http,
    record,
    session,
    talk,
    conversation,
    sources,
    choice,
    model,
  };
}
