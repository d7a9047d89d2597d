import type { AtomicAction, Capability, NetworkTarget, PathTarget, SkillActor, Target } from "../core/mod.ts";
import { parseAddress } from "./actions/addresses.ts";
import { checkSkill, checkTarget, HIDDEN, scanPath, SPECIAL } from "./check-target.ts";
import { foldPath } from "./path-syntax.ts";
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
