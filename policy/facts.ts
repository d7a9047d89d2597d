import {
  type AtomicAction,
  type Capability,
  type CommandTarget,
  type ModelTarget,
  type NetworkTarget,
  type PathTarget,
  type SecretTarget,
  type SkillActor,
  type Target,
} from "../core/mod.ts";
import { parseAddress } from "./actions/addresses.ts";
import { foldPath } from "./path-glob.ts";
import { classBit, type Mask, TAINTED, tierBit, UNTAINTED } from "./words-masks.ts";

/** An action in the form that rules are compared with; made once a decision. */
export interface Facts {
  readonly action: AtomicAction;
  readonly capability: Capability;
  readonly target: Target;
  /** Bits of every class of the data; never 0. */
  readonly classes: Mask;
  readonly tier: Mask;
  readonly taint: Mask;
  readonly skill: SkillActor | null;
  /** Folded spellings of a path target; empty for others. */
  readonly real: string;
  readonly lexical: string;
  /** `true` when a name in either spelling starts with a dot. */
  readonly hidden: boolean;
  /** `true` when an address stands in place of a host name: then only `cidr` matches. */
  readonly bareAddress: boolean;
  /** Addresses that a network or secret target would connect to, or `null` while they are not known. */
  readonly addresses: readonly Uint8Array[] | null;
}

/** Which kind of target each capability has. */
export const TARGET_KIND: Readonly<Record<Capability, Target["kind"]>> = {
  file_read: "path",
  file_write: "path",
  acp_context_request: "path",
  mvm_mount: "path",
  shell_command: "command",
  network_request: "network",
  model_call: "model",
  secret_handle_usage: "secret",
  package_install: "package",
  package_execution: "package",
  skill_load: "skill",
  runtime_launch: "skill",
  wasm_host_call: "import",
};

const KINDS: ReadonlyMap<unknown, Target["kind"]> = new Map(Object.entries(TARGET_KIND));

/**
 * Checks an action and prepares it.
 *
 * @param action Anything; the gate promises an action, this function does not rely on it.
 * @param fold `true` where file names ignore case.
 * @returns The facts, or a sentence that says what is malformed: then the answer is deny.
 */
export function factsOf(action: AtomicAction, fold: boolean): Facts | string {
  // Threat: a caller in plain JavaScript, a decoded file, a bug: the types promise nothing here.
  if (typeof action !== "object" || action === null) return "the action is not an object";
  const { capability, target, skill } = action;
  const kind = KINDS.get(capability);
  if (kind === undefined) return "unknown capability";
  if (typeof target !== "object" || target === null || target.kind !== kind) return "the target does not fit";
  const classes = maskOfClasses(action.classes);
  if (classes < 0) return "unknown classification";
  const tier = tierBit(action.tier);
  if (tier === 0) return "unknown isolation tier";
  if (target.kind === "path") return pathFacts({ action, classes, tier }, target, fold);
  const problem = checkTarget(target) ?? checkSkill(skill);
  if (problem !== null) return problem;
  const own = addressOf(target);
  return {
    action,
    capability,
    target,
    classes,
    tier,
    // What is not known to be untainted is tainted.
    taint: isFalse(action.tainted) ? UNTAINTED : TAINTED,
    skill: skill ?? null,
    real: "",
    lexical: "",
    hidden: false,
    bareAddress: own !== null,
    addresses: own !== null ? [own] : target.kind === "network" ? resolvedOf(target) : null,
  };
}

interface ActionFacts {
  readonly action: AtomicAction;
  readonly classes: Mask;
  readonly tier: Mask;
}

function pathFacts({ action, classes, tier }: ActionFacts, target: PathTarget, fold: boolean): Facts | string {
  const spelled = scanPath(target.real);
  const lexical = target.lexical === target.real ? spelled : scanPath(target.lexical);
  if (spelled < 0 || lexical < 0 || typeof target.file !== "string") return "malformed path";
  const problem = checkSkill(action.skill);
  if (problem !== null) return problem;
  const real = fold || (spelled & SPECIAL) !== 0 ? foldPath(target.real, fold) : target.real;
  return {
    action,
    capability: action.capability,
    target,
    classes,
    tier,
    taint: isFalse(action.tainted) ? UNTAINTED : TAINTED,
    skill: action.skill ?? null,
    real,
    lexical: target.lexical === target.real ? real : foldPath(target.lexical, fold),
    hidden: ((spelled | lexical) & HIDDEN) !== 0,
    bareAddress: false,
    addresses: null,
  };
}

const UNKNOWN = classBit("unknown");

function maskOfClasses(classes: unknown): Mask {
  if (!Array.isArray(classes) || classes.length === 0) return UNKNOWN;
  if (classes.length === 1) return classBit(classes[0]) || -1;
  let mask = 0;
  for (const word of classes) {
    const bit = classBit(word);
    if (bit === 0) return -1;
    mask |= bit;
  }
  return mask;
}

function checkTarget(target: Target): string | null {
  switch (target.kind) {
    case "path":
      return scanPath(target.real) < 0 || scanPath(target.lexical) < 0 ? "malformed path" : null;
    case "command":
      return checkCommand(target);
    case "network":
      return checkNetwork(target);
    case "model":
      return checkModel(target);
    case "secret":
      return checkSecret(target);
    case "package":
      return isText(target.id) && isTextOrNull(target.version) && isTextOrNull(target.digest)
        ? null
        : "malformed package";
    case "import":
    case "skill":
      return isText(target.name) ? null : `malformed ${target.kind}`;
    default:
      return target satisfies never;
  }
}

/** What {@link scanPath} tells, as bits. */
const HIDDEN = 1;
const SPECIAL = 2;

/**
 * Looks at every letter of a path once: an expression for each question would be most of what a decision costs.
 *
 * @returns -1 for anything but an absolute, normal path; else bits: a name starts with a dot, not plain ASCII.
 */
function scanPath(path: unknown): number {
  if (typeof path !== "string") return -1;
  if (path.charCodeAt(0) !== SLASH) {
    const below = DRIVE.test(path) ? scanPath(path.slice(2).replaceAll("\\", "/")) : -1;
    return below < 0 ? -1 : below | SPECIAL;
  }
  let bits = 0;
  let previous = SLASH;
  for (let at = 1; at < path.length; at++) {
    const letter = path.charCodeAt(at);
    if (letter === 0) return -1;
    if (letter > 0x7e) bits |= SPECIAL;
    if (previous === SLASH) {
      if (letter === SLASH) return -1;
      // Threat: `/project/../etc` handed in as real: a prefix comparison would take it for the project.
      if (letter === DOT && isDots(path, at)) return -1;
      if (letter === DOT) bits |= HIDDEN;
    }
    previous = letter;
  }
  return bits;
}

const DRIVE = /^[A-Za-z]:[\\/]/;

/** Tells whether the segment that starts with this dot is `.` or `..`. */
function isDots(path: string, at: number): boolean {
  const end = path.charCodeAt(at + 1) === DOT ? at + 2 : at + 1;
  return end >= path.length || path.charCodeAt(end) === SLASH;
}

const SLASH = 0x2f;
const DOT = 0x2e;

function checkCommand({ argv, text, cwd, redirects }: CommandTarget): string | null {
  if (argv !== null && (!Array.isArray(argv) || argv.length === 0 || !argv.every(isString))) return "malformed argv";
  if (!isText(text) || scanPath(cwd) < 0) return "malformed command";
  return Array.isArray(redirects) && redirects.every(isString) ? null : "malformed command";
}

function checkNetwork({ host, port, method, scheme, addresses }: NetworkTarget): string | null {
  if (!isText(host) || !isPort(port) || !isText(method)) return "malformed request";
  if (scheme !== "https" && scheme !== "http") return "malformed request";
  if (addresses === null) return null;
  return Array.isArray(addresses) && addresses.length > 0 &&
      addresses.every((one) => parseAddress(String(one)) !== null)
    ? null
    : "malformed addresses";
}

function checkModel({ provider, model, host, port, remote }: ModelTarget): string | null {
  const place = host === null ? port === null : isText(host) && isPort(port);
  // Whether a model is remote must be said: `undefined` is no `false`.
  return isText(provider) && isString(model) && place && typeof remote === "boolean" ? null : "malformed model";
}

function checkSecret({ handle, inject, host, port, program }: SecretTarget): string | null {
  const place = host === null ? port === null : isText(host) && (port === null || isPort(port));
  return isText(handle) && isText(inject) && place && isTextOrNull(program) ? null : "malformed secret";
}

function checkSkill(skill: SkillActor | null | undefined): string | null {
  if (skill === null || skill === undefined) return null;
  if (typeof skill !== "object" || !isText(skill.id)) return "malformed skill";
  const { trust } = skill;
  return trust === "signed" || trust === "local" || trust === "generated" ? null : "unknown skill trust";
}

function addressOf(target: Target): Uint8Array | null {
  if (target.kind !== "network" && target.kind !== "model" && target.kind !== "secret") return null;
  return target.host !== null && isAddressLike(target.host) ? parseAddress(target.host) : null;
}

function resolvedOf({ addresses }: NetworkTarget): readonly Uint8Array[] | null {
  return addresses === null ? null : addresses.flatMap((text) => parseAddress(text) ?? []);
}

/** A host name's last label is never all digits, so this tells names from addresses without parsing. */
function isAddressLike(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return host.includes(":") || (last >= 0x30 && last <= 0x39);
}

function isFalse(value: unknown): boolean {
  return value === false;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
