import type { AuditAction, AuditEvent } from "../../../audit/mod.ts";
import {
  type AtomicAction,
  type Capability,
  isDigest,
  type PathTarget,
  type SkillActor,
  type Target,
} from "../../../core/mod.ts";
import { classifyAddress, DEFAULT_TIER, parseUrl } from "../../../policy/mod.ts";
import { readCommands, type RecordedCommand } from "./recorded-commands.ts";

/** Why an action of the record cannot be decided again as it was. */
export type Inexact =
  /** Trust and permissions of the skill or tool that acted. */
  | "actor"
  /** The address, program or port that it went to. */
  | "place"
  /** A text or list that was too long to be recorded whole, or that does not read as it was recorded. */
  | "text"
  /** It was decided by something that no policy file says: an answer, a mode, permissions, a broken policy. */
  | "no_rule";

/** An action of the record, made again as far as the record says what it was. */
export interface RecordedAction {
  readonly recorded: AuditAction & { readonly capability: Capability };
  readonly action: AtomicAction;
  /** What rules look at and is not on record; `null` when all is. */
  readonly lacks: Inexact | null;
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
  const commands = commandsOf(event, context).values();
  for (const recorded of event.actions ?? []) {
    const command = recorded.capability === "shell_command" ? commands.next().value ?? null : null;
    const made = rebuild(recorded, event, command);
    if (made === null) lost++;
    else actions.push(made);
    lost += recorded.more ?? 0;
  }
  return { actions, lost };
}

function commandsOf(event: AuditEvent, context: RecordedContext): readonly (RecordedCommand | null)[] {
  const texts = (event.actions ?? []).flatMap(({ capability, target }) =>
    capability === "shell_command" ? [target ?? ""] : []
  );
  const secrets = (event.secret_handles ?? []).length > 0;
  return readCommands(texts, { ...context, secrets, tainted: event.tainted ?? true });
}

function rebuild(recorded: AuditAction, event: AuditEvent, command: RecordedCommand | null): RecordedAction | null {
  const { capability, target: text, classification } = recorded;
  if (!isPresent(capability) || !isPresent(text)) return null;
  const made = rebuildTarget(capability, text, { event, command });
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
      denyOnly: operand || made.denyOnly === true,
    },
    lacks: skill !== null ? "actor" : text.includes("…(+") ? "text" : made.lacks,
  };
}

/** The step under which the changes of a command are recorded. */
const KEEP = "keep changes";

interface Rebuilt {
  readonly target: Target;
  readonly lacks: Inexact | null;
  readonly denyOnly?: boolean;
}

interface RebuildParts {
  readonly event: AuditEvent;
  readonly command: RecordedCommand | null;
}

function rebuildTarget(capability: Capability, text: string, { event, command }: RebuildParts): Rebuilt | null {
  switch (capability) {
    case "file_read":
    case "file_write":
    case "acp_context_request":
    case "mvm_mount":
      return text.startsWith("/") ? { target: pathTarget(text, event.action === KEEP), lacks: null } : null;
    case "shell_command":
      return command === null ? null : { ...command, lacks: command.exact ? null : "text" };
    case "network_request":
      return networkTarget(text);
    case "model_call":
      return modelTarget(text, event);
    case "secret_handle_usage":
      return secretTarget(text);
    case "package_install":
    case "package_execution":
      return { target: { kind: "package", ...splitVersion(text), digest: null }, lacks: null };
    case "skill_load":
    case "runtime_launch":
      return { target: { kind: "skill", name: text }, lacks: null };
    case "wasm_host_call":
      return { target: { kind: "import", name: text }, lacks: null };
    default:
      return capability satisfies never;
  }
}

function pathTarget(path: string, staged: boolean): PathTarget {
  return { kind: "path", real: path, lexical: path, file: "file", staged };
}

function networkTarget(text: string): Rebuilt | null {
  const cut = text.indexOf(" ");
  try {
    const target = { ...parseUrl(text.slice(cut + 1)), method: text.slice(0, cut), addresses: null };
    return { target: { kind: "network", ...target }, lacks: null };
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
  return {
    target: { kind: "model", provider, model: name, host, port: own ? null : 443, remote },
    lacks: own ? null : "place",
  };
}

/** Where a value went is not on record beside the handle. */
function secretTarget(text: string): Rebuilt | null {
  const [handle, inject] = text.split(" as ");
  if (handle === undefined || inject === undefined) return null;
  return { target: { kind: "secret", handle, inject, host: null, port: null, program: null }, lacks: "place" };
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
