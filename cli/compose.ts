import { isAbsolute, join, relative } from "node:path";
import { type AuditLog, type Front, openAuditLog, type OtlpPump, writerFacts } from "../audit/mod.ts";
import { type Approver, createRedactor, type Redactor, type SessionId, toHex } from "../core/mod.ts";
import { createPermits, type PolicyEngine, type SessionMode } from "../policy/mod.ts";
import {
  createBubblewrap,
  createComponentStore,
  createHostFiles,
  createHostFolders,
  createHostWriter,
  createWasm,
  hostNetwork,
  lookupProgram,
  type SandboxDeps,
  type WasmBackend,
} from "../sandbox/mod.ts";
import {
  createHttp,
  createHttpBackend,
  type GateParts,
  type ModelChoice,
  openModel,
  openSession,
  type Session,
  type SessionEvent,
  type SkillsSetup,
  type TranscriptFolder,
} from "../session/mod.ts";
import { auditSettings } from "./compose/audit-settings.ts";
import type { ResumeWish } from "./compose/conversation.ts";
import { findInstructions } from "./compose/instructions.ts";
import { gitIdentity } from "./compose/git-identity.ts";
import { type Installation, openInstallation } from "./compose/installation.ts";
import { policyNotice } from "./compose/policy-notice.ts";
import { openProjectPolicy } from "./compose/project-policy.ts";
import { openSecrets } from "./compose/secrets.ts";
import { isTrustedConfig } from "./compose/trusted-config.ts";
import { limitOf, sessionLimits, toolLimits } from "./config/limits.ts";
import { type Config, loadConfig, withModel } from "./config/load-config.ts";
import { modelChoice } from "./config/model-choice.ts";
import type { CommandContext } from "./context.ts";
import { errorObject } from "./output/error.ts";
import { CliError } from "./errors.ts";
import { findProject, PROJECT_FOLDER, requireProject } from "./project-root.ts";
import { VERSION } from "./version.ts";

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
   * @throws {CliError} `CONFIG_INVALID`, `VAULT_BLIND`, `MODEL_DENIED`; then the model is the one it was.
   */
  changeModel(name: string): Promise<void>;
  /** Begins the kept conversation, before anything was said, so that it can be found again. */
  begin(): void;
  /** Keeps a notice with the conversation. */
  note(record: { readonly kind: "notice"; readonly code: string; readonly text: string }): void;
  /** Closes the record; idempotent, and done by itself when the process ends. */
  close(): Promise<void>;
}

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
  const project = request.project === "required" ? requireProject(context) : findProject(context);
  const root = project ?? context.cwd;
  request.check?.(root);
  const installation = await openInstallation(context);
  const { home, keys, ids } = installation;
  const { clock, random, timers } = context.system;
  const policy = await openProjectPolicy(context, installation, { project, mode: request.mode });
  const config = await loadConfig({
    home,
    project,
    isTrusted: (bytes) => isTrustedConfig(installation, { project, policy }, bytes),
    env: context.system.env,
    flags: { provider: request.model?.provider, model: request.model?.name },
  });
  for (const notice of [policyNotice(policy.generation, project), ...config.notices]) {
    if (notice !== null) context.output.note(notice);
  }
  // A call without a model has nobody to instruct.
  const instructions = isPlainAct(request.front)
    ? { parts: [], notices: [] }
    : findInstructions(installation, { project, policy });
  for (const notice of instructions.notices) context.output.note(notice);
  const redactor = createRedactor({ random });
  const record = recordPlace(project ?? home, project !== null);
  const resume = request.resume ?? null;
  // A call without a model is no conversation: what keeps one is not even loaded.
  const talk = isPlainAct(request.front) ? null : await import("./compose/conversation.ts");
  const session = talk === null || resume === null
    ? ids.next("ses")
    : talk.conversationToResume(record.sessions, resume);
  if (resume !== null && keys.locked) await keys.unlock(() => context.passphrase());
  const http = createHttp({ timers });
  const conversation = { folder: { dir: record.sessions, project, keys }, session, resume: resume !== null };
  const places = { cwd: context.cwd, home, userHome: context.userHome };
  const choice = modelChoice(config, request.model?.script, places);
  const model = talk === null
    ? await openModel(choice, { http })
    : await talk.openConversationModel(choice, conversation, http);
  const writer = writerFacts(installation.facts);
  const permits = createPermits(clock);
  // Before the record, which masks with what they know and says whether they know all.
  const secrets = await openSecrets(context, { installation, config, redactor, permits });
  // Woken by the record, which begins before it.
  let telemetry: OtlpPump | null = null;
  let begun: number | null = null;
  const audit = await openAuditLog({
    dir: record.dir,
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
    start: { reason: secrets.secrets.blind ? "scanner blind: the vault is locked" : "scanner ready" },
    onAppend(seq): void {
      begun ??= seq;
      telemetry?.wake();
    },
    onClosed: async () => await telemetry?.stop(),
  });
  const closer = createCloser(context, audit);
  for (const warning of audit.warnings) context.output.note(`warning: ${warning}`);
  try {
    refuseBlindly(secrets, choice);
    const endpoint = config.user.telemetry?.otlp.endpoint;
    if (endpoint !== undefined) {
      const { openTelemetry } = await import("./compose/telemetry.ts");
      const ports = { keys, ids, clock, timers, random, writer, http, audit, policy, permits, redactor };
      const from = (begun ?? 1) - 1;
      const note = (text: string): void => context.output.note(text);
      telemetry = openTelemetry({ ...ports, endpoint, dir: record.dir, session, from, note });
    }
    const kept = talk?.openConversation(model, {
      ...conversation,
      header: { cwd: context.cwd, policy: policy.generation.digest, mode: request.mode, version: VERSION },
      writing: { random, clock, writer, mask: (text) => redactor.mask(text).text },
    });
    if (kept !== undefined) closer.also(() => kept.transcript.close());
    const resumed = kept?.transcript.resumed ?? null;
    for (const notice of resumed?.notices ?? []) context.output.note(notice);
    const sandbox: SandboxDeps = { clock, timers, random, facts: installation.facts.host };
    const toolchains = config.user.sandbox?.paths ?? [];
    const wasm = wasmTier(sandbox, installation);
    closer.also(() => void wasm.close());
    const gate: GateParts = {
      session,
      project: root,
      front: request.front,
      uid: installation.facts.uid,
      clock,
      timers,
      ids,
      policy,
      permits,
      audit,
      auditFile: shownFile(audit.file, root),
      redactor,
      secrets: secrets.secrets,
      findBinding: secrets.findBinding,
      bindingsOf: secrets.bindingsOf,
      tiers: {
        files: createHostFiles(sandbox),
        writer: createHostWriter(sandbox),
        folders: createHostFolders(sandbox),
        process: createBubblewrap(sandbox, {
          running: limitOf(config, "running").value,
          seccomp: config.user.sandbox?.seccomp ?? "auto",
          network: hostNetwork(),
        }),
        http: createHttpBackend({ http, clock, timers }),
        wasm,
      },
      plan: {
        project: root,
        stageRoot: record.stageRoot,
        classify: (target) => policy.classify(target),
        lookupProgram: (word) => lookupProgram(word, toolchains),
        toolchains,
        gitIdentity: gitIdentity(context.system.env, context.userHome),
        newStageName: () => toHex(random.bytes(12)),
        limits: toolLimits(config),
      },
      detect: request.front !== "call",
      ...(request.front === "acp" ? { showsChanges: true } : {}),
      emit(event): void {
        kept?.usage.take(event);
        request.emit(event, session);
      },
    };
    const skills = typeof request.skills === "function"
      ? request.skills
      : request.front === "call" && request.skills !== true
      ? null
      : (await import("./compose/skills.ts")).sessionSkills(context, installation, { project, policy });
    const generated = project === null || (request.front === "call" && request.generated !== true)
      ? null
      : (await import("./compose/generated.ts")).sessionGenerated(context, installation, { project, policy });
    const opened = openSession({
      gate,
      ...(skills === null ? {} : { skills }),
      ...(generated === null ? {} : { generated }),
      approver: request.approver,
      model,
      limits: sessionLimits(config, request.maxTurns ?? null),
      random,
      mode: request.mode,
      version: VERSION,
      instructions: instructions.parts,
      ...(resumed === null ? {} : { resumed }),
      ...(kept === undefined ? {} : {
        store: (item) => kept.transcript.store(item),
        rewrite: (items) => kept.transcript.note({ kind: "rewrite", items }),
      }),
    });
    closer.own(opened);
    const transcripts = talk === null ? null : conversation.folder;
    async function changeModel(name: string): Promise<void> {
      const other = modelChoice(withModel(config, name), request.model?.script, places);
      refuseBlindly(secrets, other);
      const refusal = await opened.changeModel(await openModel(other, { http }));
      if (refusal !== null) throw new CliError("MODEL_DENIED", refusal.message, { hint: refusal.hint ?? undefined });
    }
    return {
      session: opened,
      policy,
      audit,
      redactor,
      config,
      project,
      installation,
      transcripts,
      changeModel,
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

// Threat: values that cannot be read cannot be masked either.
function refuseBlindly(opened: Awaited<ReturnType<typeof openSecrets>>, choice: ModelChoice): void {
  if (!opened.secrets.blind || choice.kind === "builtin" || choice.kind === "script") return;
  throw new CliError("VAULT_BLIND", "Cannot use a model: the vault is locked, so its values cannot be masked", {
    hint: opened.vault.lockReason ?? "unlock it: AGENTZERO_PASSPHRASE or --passphrase-file",
  });
}

/** A front without a model: a call of the person, an install, a run of a skill. */
function isPlainAct(front: Front): boolean {
  return front === "call" || front === "skill";
}

/** The tier of components; what it needs is loaded by the first run. */
function wasmTier(sandbox: SandboxDeps, { home, keys }: Installation): WasmBackend {
  const dir = join(home, "store", "wasm");
  return createWasm(sandbox, { store: createComponentStore(sandbox, { dir, macKey: keys.derive("az/wasm-store/v1") }) });
}

/** Where a session records, stages and keeps its conversation: in its project, or under the home. */
function recordPlace(
  base: string,
  isProject: boolean,
): { readonly dir: string; readonly stageRoot: string; readonly sessions: string } {
  const folder = isProject ? join(base, PROJECT_FOLDER) : base;
  return { dir: join(folder, "audit"), stageRoot: join(folder, "state", "stage"), sessions: join(folder, "sessions") };
}

function shownFile(file: string, root: string): string {
  const inside = relative(root, file);
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}

type Exit = "ok" | "failed" | "interrupted";

interface Closer {
  own(session: Session): void;
  /** Closes something else along with it. */
  also(work: () => void): void;
  close(exit?: Exit): Promise<void>;
}

/** Closes the session, or the bare record, exactly once: at the end of the command or of the process. */
function createCloser(context: CommandContext, audit: AuditLog): Closer {
  const others: (() => void)[] = [];
  let session: Session | null = null;
  let closing: Promise<void> | null = null;
  const forget = context.onExit(() => close("interrupted"));
  function close(exit: Exit): Promise<void> {
    closing ??= (session === null ? audit.close(exit) : session.close(exit)).finally(() => {
      for (const work of others) work();
    });
    return closing;
  }
  return {
    own(opened): void {
      session = opened;
    },
    also: (work) => void others.push(work),
    async close(exit): Promise<void> {
      try {
        await close(exit ?? (context.signal.aborted ? "interrupted" : "ok"));
      } catch (cause) {
        // What was done is done and on record; only the end of the record is missing, which `audit verify` shows.
        context.output.note(`warning: ${errorObject(cause).error.message}`);
      }
      forget();
    },
  };
}
