import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createFlagApprover, createNobody } from "../../cli/approvers.ts";
import { initProject } from "../../cli/commands/init/init-project.ts";
import { withVault } from "../../cli/commands/vault/open.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import { type ComposedSession, openComposedSession } from "../../cli/compose.ts";
import {
  type ApprovalRequest,
  type Approver,
  b2,
  type Binding,
  type Digest,
  loadSodium,
  parseHandle,
  SecretBytes,
  sha256,
  type SkillPermissions,
} from "../../core/mod.ts";
import { trustPolicy } from "../../policy/mod.ts";
import { buildStandalone } from "../../sandbox/mod.ts";
import { type CallResult, type SessionEvent, setUpSkills } from "../../session/mod.ts";
import {
  builtinSkills,
  EMPTY_PERMISSIONS,
  type GrantedSkill,
  permDigest,
  type SkillLibrary,
} from "../../skills/mod.ts";
import { Stage } from "../../skills/stages.ts";
import { contextIn } from "./context.ts";
import type { AuditEvent } from "../../audit/mod.ts";
import { recordOf } from "./record.ts";
import { tempDir } from "./temp-dir.ts";

/** What differs from a text-only skill named `probe`. */
export interface RigSkill {
  readonly name?: string;
  readonly id?: string;
  readonly trust?: "signed" | "local" | "generated";
  readonly runtime?: GrantedSkill["runtime"];
  readonly permissions?: Partial<SkillPermissions>;
  readonly text?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly component?: Uint8Array | null;
  readonly entry?: string;
  readonly allowedTools?: readonly string[];
}

/** A skill as the library would give it, every check passed. */
export function grantedSkill(given: RigSkill): GrantedSkill {
  const name = given.name ?? "probe";
  const text = given.text ?? "Do this, then that.";
  const files = new Map(
    Object.entries({ "SKILL.md": text, ...given.files }).map(([path, content]) => [
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ]),
  );
  const runtime = given.runtime ?? "none";
  const permissions: SkillPermissions = { ...EMPTY_PERMISSIONS, runtime, ...given.permissions };
  const textDigest = b2(text);
  const bytes = given.component ?? null;
  const fingerprint = b2(JSON.stringify({ name, text, permissions, wasm: bytes === null ? null : b2(bytes) }));
  return {
    stage: new Stage("granted"),
    name,
    md: {
      profile: "secure",
      name,
      description: `What ${name} does.`,
      license: null,
      compatibility: null,
      allowedTools: given.allowedTools ?? null,
      metadata: {},
      body: text,
      ignored: [],
      invisible: 0,
      secure: null,
    },
    actor: {
      id: given.id ?? `acme/${name}`,
      version: "1.0.0",
      publisher: null,
      digest: given.trust === "local" ? textDigest : fingerprint,
      trust: given.trust ?? "signed",
      permissions: runtime === "none" ? null : permissions,
      roots: {},
    },
    permissions,
    perm: permDigest(permissions),
    fingerprint,
    runtime,
    entry: given.entry ?? null,
    file: (path) => files.get(path) ?? null,
    files: [...files].map(([path, content]) => ({ path, size: content.length })),
    component: bytes === null ? null : { digest: b2(bytes), bytes },
    text,
    textDigest,
  };
}

/** A library of skills that a test made, beside the built-in ones. */
export interface RigLibrary extends SkillLibrary {
  /** Puts a skill, or another one in its place. */
  put(skill: GrantedSkill): void;
}

/** Makes the library; `texts` plays the memory of what a person activated. */
export function rigLibrary(skills: readonly GrantedSkill[]): RigLibrary {
  const all = new Map(skills.map((skill) => [skill.name, skill]));
  const known = new Map<string, Digest>();
  const builtin = builtinSkills();
  async function load(name: string): Promise<GrantedSkill> {
    const found = all.get(name) ?? await builtin.find(({ listing }) => listing.name === name)?.load?.();
    if (found === undefined) throw new Error(`no skill "${name}"`);
    return found;
  }
  return {
    put: (skill) => void all.set(skill.name, skill),
    list: () => builtin.map(({ listing }) => listing),
    find: () => null,
    summaries: () => [
      ...builtin.map(({ description, listing: { name, runtime } }) => ({ name, description, runtime })),
      ...[...all.values()].map(({ name, md: { description }, runtime }) => ({ name, description, runtime })),
    ],
    loadForRun: load,
    async load(name) {
      const skill = await load(name);
      const before = known.get(name);
      const text = before === undefined ? "new" : before === skill.textDigest ? "known" : "changed";
      return {
        skill,
        tier: "none",
        text: skill.actor.trust === "local" ? text : null,
        activated: () => void known.set(name, skill.textDigest),
      };
    },
  };
}

/** The whole engine on a project of its own, with skills. */
export interface SkillRig {
  readonly project: string;
  readonly home: string;
  readonly composed: ComposedSession;
  readonly library: RigLibrary;
  readonly events: SessionEvent[];
  readonly questions: ApprovalRequest[];
  /** Runs a skill as `skill run` does. */
  run(name: string, input?: unknown, signal?: AbortSignal): Promise<CallResult>;
  call(tool: string, args: unknown): Promise<CallResult>;
  submit(text: string): Promise<void>;
  /** The record so far, decrypted; closes the session. */
  record(): Promise<readonly AuditEvent[]>;
}

/** What differs from a fresh project with the default policy and nobody to ask. */
export interface SkillRigOptions {
  readonly skills?: readonly GrantedSkill[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly policy?: string;
  readonly person?: "nobody" | "yes" | Approver["ask"];
  readonly script?: string;
  /** Values of the vault by handle, and where they may go. */
  readonly secrets?: Readonly<Record<string, { readonly value: string; readonly bindings: readonly Binding[] }>>;
  /** A home that several rigs share, so that components are compiled once. */
  readonly home?: string;
}

/** Opens the engine; closed and removed when the test has finished. */
export async function openSkillRig(options: SkillRigOptions = {}): Promise<SkillRig> {
  const base = tempDir();
  const project = join(base, "project");
  const home = options.home ?? join(base, "home");
  mkdirSync(project);
  for (const [path, content] of Object.entries({ "README.md": "# Sample\n", ...options.files })) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), content);
  }
  const context = contextIn(project, home);
  await loadSodium();
  if (options.policy === undefined) await initProject(context, "default");
  else {
    mkdirSync(join(project, ".agentzero"));
    writeFileSync(join(project, ".agentzero/policy.yml"), options.policy);
    const installation = await openInstallation(context);
    trustPolicy({ home: installation.home, keys: installation.keys, clock: context.system.clock }, {
      project,
      sha256: sha256(options.policy),
      config: null,
      agents: null,
    });
  }
  for (const [handle, { value, bindings }] of Object.entries(options.secrets ?? {})) {
    // oxlint-disable-next-line no-await-in-loop -- one file holds them all
    await withVault(context, async (vault) => {
      const bytes = new SecretBytes(new TextEncoder().encode(value));
      await vault.set(parseHandle(handle), bytes, { bindings, update: true });
    });
  }
  const library = rigLibrary(options.skills ?? []);
  const events: SessionEvent[] = [];
  const questions: ApprovalRequest[] = [];
  const approver = approverOf(options.person ?? "nobody");
  if (options.script !== undefined) writeFileSync(join(base, "turns.yml"), options.script);
  const composed = await openComposedSession(context, {
    front: options.script === undefined ? "call" : "cli",
    approver: {
      channel: approver.channel,
      ask(request, signal) {
        questions.push(request);
        return approver.ask(request, signal);
      },
    },
    mode: "ask",
    project: "required",
    ...(options.script === undefined ? {} : { model: { provider: "script", script: join(base, "turns.yml") } }),
    skills: setUpSkills(library),
    emit: (event) => void events.push(event),
  });
  onTestFinished(() => composed.close());
  const { session } = composed;
  const idle = new AbortController().signal;
  return {
    project,
    home,
    composed,
    library,
    events,
    questions,
    async run(name, input = {}, signal = idle) {
      await session.offerSkill(name);
      return (await session.call(name, input, signal)).result;
    },
    call: async (tool, args) => (await session.call(tool, args, idle)).result,
    async submit(text) {
      await session.submit({ text, data: [] });
    },
    async record() {
      await composed.close();
      return await recordOf({ project, home, composed });
    },
  };
}

function approverOf(person: NonNullable<SkillRigOptions["person"]>): Approver {
  if (person === "nobody") return createNobody();
  if (person === "yes") return createFlagApprover();
  return { channel: "terminal", ask: person };
}

/**
 * A guest that makes the host calls of its input and gives back what it got: `{calls: [{iface, func, args}]}`, bytes as
 * `{bytes: "text"}` or as parts of a text. The function `copy` of `probe` reads one file and writes another.
 */
export const PROBE_SOURCE = `
function run({ calls, spin }) {
  const results = calls.map(({ iface, func, args }) => {
    try {
      if (iface === "probe") {
        host.filesystem.writeFile(args[1], host.filesystem.readFile(args[0]));
        return { ok: true, value: null };
      }
      const given = args.map((arg) => {
        if (arg === null || typeof arg !== "object" || arg.bytes === undefined) return arg;
        return new TextEncoder().encode(Array.isArray(arg.bytes) ? arg.bytes.join("") : arg.bytes);
      });
      const value = host[iface][func](...given);
      if (value instanceof Uint8Array) return { ok: true, value: new TextDecoder().decode(value) };
      if (value !== null && typeof value === "object" && value.body instanceof Uint8Array) {
        return { ok: true, value: { ...value, body: new TextDecoder().decode(value.body) } };
      }
      return { ok: true, value: value === undefined ? null : value };
    } catch (cause) {
      return { ok: false, tag: cause.payload ? cause.payload.tag : "none", text: String(cause.message) };
    }
  });
  while (spin) {}
  return results;
}`;

/** Builds the probe with these imports; half a second, so once a file. */
export async function buildProbe(
  imports: readonly ("filesystem" | "http" | "secrets" | "tools")[] = ["filesystem"],
): Promise<Uint8Array> {
  const tmp = mkdtempSync(join(tmpdir(), "az-probe-"));
  try {
    await loadSodium();
    return await buildStandalone(PROBE_SOURCE, { imports, tmp });
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}
