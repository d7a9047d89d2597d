import type { AuditAction, AuditEvent } from "../../../audit/mod.ts";
import {
  type AtomicAction,
  type Capability,
  isDigest,
  type PathTarget,
  type SkillActor,
  type Target,
} from "../../../core/mod.ts";
import { classifyAddress, DEFAULT_TIER, parseCommand, parseUrl } from "../../../policy/mod.ts";

/** An action of the record, made again as far as the record says what it was. */
export interface RecordedAction {
  readonly recorded: AuditAction & { readonly capability: Capability };
  readonly action: AtomicAction;
  /** `false` when something that rules look at is not on record. */
  readonly exact: boolean;
}

/** What a record does not say. */
export interface RecordedContext {
  readonly project: string;
  readonly lookup: (word: string) => string | null;
}

/**
 * Makes the actions of a recorded intent again.
 *
 * @param event An intent.
 * @param context The project it was recorded in.
 * @returns One each that can be made, and how many could not.
 */
export function rebuildActions(
  event: AuditEvent,
  context: RecordedContext,
): { readonly actions: readonly RecordedAction[]; readonly lost: number } {
  const actions: RecordedAction[] = [];
  let lost = 0;
  for (const recorded of event.actions ?? []) {
    const made = rebuild(recorded, event, context);
    if (made === null) lost++;
    else actions.push(made);
    lost += recorded.more ?? 0;
  }
  return { actions, lost };
}

function rebuild(recorded: AuditAction, event: AuditEvent, context: RecordedContext): RecordedAction | null {
  const { capability, target: text, classification } = recorded;
  if (!isPresent(capability) || !isPresent(text)) return null;
  const made = rebuildTarget(capability, text, { event, context });
  if (made === null) return null;
  const skill = actorOf(event);
  const operand = capability !== "shell_command" && event.tool === "shell" && event.action !== KEEP &&
    made.target.kind === "path";
  return {
    recorded: { ...recorded, capability },
    action: {
      capability,
      target: made.target,
      classes: isPresent(classification) ? [classification] : [],
      tier: event.runtime ?? DEFAULT_TIER[capability],
      tainted: event.tainted ?? true,
      skill,
      denyOnly: operand,
    },
    // Which trust and permissions an actor had is not on record, nor what a text was cut off from.
    exact: made.exact && skill === null && !text.includes("…(+"),
  };
}

/** The step under which the changes of a command are recorded. */
const KEEP = "keep changes";

interface Rebuilt {
  readonly target: Target;
  readonly exact: boolean;
}

interface RebuildParts {
  readonly event: AuditEvent;
  readonly context: RecordedContext;
}

function rebuildTarget(capability: Capability, text: string, { event, context }: RebuildParts): Rebuilt | null {
  switch (capability) {
    case "file_read":
    case "file_write":
    case "acp_context_request":
    case "mvm_mount":
      return text.startsWith("/") ? { target: pathTarget(text, event.action === KEEP), exact: true } : null;
    case "shell_command":
      return commandTarget(text, event, context);
    case "network_request":
      return networkTarget(text);
    case "model_call":
      return modelTarget(text, event);
    case "secret_handle_usage":
      return secretTarget(text);
    case "package_install":
    case "package_execution":
      return { target: { kind: "package", ...splitVersion(text), digest: null }, exact: true };
    case "skill_load":
    case "runtime_launch":
      return { target: { kind: "skill", name: text }, exact: true };
    case "wasm_host_call":
      return { target: { kind: "import", name: text }, exact: true };
    default:
      return capability satisfies never;
  }
}

function pathTarget(path: string, staged: boolean): PathTarget {
  return { kind: "path", real: path, lexical: path, file: "file", staged };
}

/** The folder is not on record: nearly always the project's. */
function commandTarget(text: string, event: AuditEvent, { project, lookup }: RecordedContext): Rebuilt | null {
  const secrets = (event.secret_handles ?? []).length > 0;
  try {
    const plan = parseCommand({
      command: text,
      cwd: project,
      project,
      lookup,
      secrets,
      tainted: event.tainted ?? true,
      resolve: (input) => pathTarget(input.startsWith("/") ? input : `${project}/${input}`, false),
    });
    const commands = plan.actions.filter((action) => action.capability === "shell_command");
    const [first] = commands;
    return first === undefined ? null : { target: first.target, exact: commands.length === 1 };
  } catch {
    return null;
  }
}

function networkTarget(text: string): Rebuilt | null {
  const cut = text.indexOf(" ");
  try {
    const target = { ...parseUrl(text.slice(cut + 1)), method: text.slice(0, cut), addresses: null };
    return { target: { kind: "network", ...target }, exact: true };
  } catch {
    return null;
  }
}

function modelTarget(text: string, { model }: AuditEvent): Rebuilt {
  const cut = text.indexOf("/");
  const host = model?.host ?? null;
  const own = host === null;
  const remote = !own && host !== "localhost" && classifyAddress(host) !== "loopback";
  const [provider, name] = cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 1)];
  return { target: { kind: "model", provider, model: name, host, port: own ? null : 443, remote }, exact: own };
}

/** Where a value went is not on record beside the handle. */
function secretTarget(text: string): Rebuilt | null {
  const [handle, inject] = text.split(" as ");
  if (handle === undefined || inject === undefined) return null;
  return { target: { kind: "secret", handle, inject, host: null, port: null, program: null }, exact: false };
}

function splitVersion(text: string): { readonly id: string; readonly version: string | null } {
  const cut = text.lastIndexOf("@");
  return cut <= 0 ? { id: text, version: null } : { id: text.slice(0, cut), version: text.slice(cut + 1) };
}

function actorOf({ skill }: AuditEvent): SkillActor | null {
  if (!isPresent(skill) || !isPresent(skill.id)) return null;
  const { id, version, publisher, digest } = skill;
  return {
    id,
    version: version ?? null,
    publisher: publisher ?? null,
    digest: isDigest(digest) ? digest : null,
    trust: id.startsWith("generated:") ? "generated" : "signed",
    permissions: null,
    roots: {},
  };
}

function isPresent<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
