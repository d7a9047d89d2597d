import {
  CAPABILITIES,
  type Capability,
  type CommandTarget,
  type IsolationTier,
  type ModelTarget,
  type NetworkTarget,
  type SecretTarget,
} from "../core/mod.ts";
import { classifyAddress } from "./actions/address-class.ts";
import { formatAddress } from "./actions/addresses.ts";
import type { Facts } from "./facts.ts";
import type { FloorHit } from "./floor-hit.ts";
import { foldPath, type PathRoots } from "./path-syntax.ts";
import { classMask, type Mask, tierMask } from "./words-masks.ts";

/** Places that the floor guards. */
export interface FloorPlaces {
  /** Spellings of `$AGENTZERO_HOME`: as given and real, in the form of `foldPath`. */
  readonly homes: readonly string[];
  /** The real project, folded, or `null`. */
  readonly project: string | null;
}

/**
 * Prepares the places.
 *
 * @param homes Spellings of `$AGENTZERO_HOME`.
 * @param roots Roots in the form of `foldRoots`.
 */
export function floorPlaces(homes: readonly string[], roots: PathRoots): FloorPlaces {
  return {
    homes: [...new Set(homes.map((home) => foldPath(home, roots.fold).replace(/\/+$/, "")))],
    project: roots.project,
  };
}

/** Tells whether a path is a folder or below it; both folded, the folder without a slash at its end. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || path.charCodeAt(folder.length) === SLASH);
}

const SLASH = 0x2f;

/** Denials that do not depend on any rule; `null` when none applies. */
export function floorDeny(facts: Facts, places: FloorPlaces): FloorHit | null {
  if ((facts.tier & (UNFIT_BITS.get(facts.capability) ?? 0)) !== 0) {
    return tierDeny(facts.capability, facts.action.tier);
  }
  const { target } = facts;
  switch (target.kind) {
    case "path":
      return pathDeny(facts.real, facts, places) ??
        (facts.lexical === facts.real ? null : pathDeny(facts.lexical, facts, places));
    case "command":
      return commandDeny(target);
    case "network":
      return networkDeny(facts, target);
    case "model":
      return modelDeny(facts, target);
    case "secret":
      return secretDeny(target);
    case "package":
    case "import":
    case "skill":
      return null;
    default:
      return target satisfies never;
  }
}

// Any `.agentzero` below any folder, in any case: a nested project or a folding disk must not be a way round.
const OWN = /\/\.agentzero(?:\/([^/]*)|$)/i;
const UNREADABLE = /^(?:audit|sessions|state)$/i;

/** By second letter: a look-up instead of three comparisons. */
const DEVICES: ReadonlyMap<number, string> = new Map(
  ["/proc", "/sys", "/dev"].map((path) => [path.charCodeAt(1), path]),
);

function pathDeny(path: string, { capability, target, hidden }: Facts, { homes }: FloorPlaces): FloorHit | null {
  const writes = capability === "file_write" || capability === "mvm_mount";
  if (hidden) {
    const own = OWN.exec(path);
    if (own !== null && (writes || UNREADABLE.test(own[1] ?? ""))) {
      return { name: "own-state", sentence: "AgentZero's own files are not for tools" };
    }
  }
  for (const home of homes) {
    if (isBelow(path, home)) return { name: "own-state", sentence: "AgentZero's home is not for tools" };
  }
  if (writes && isBelow(path, "/etc/agentzero")) {
    return { name: "own-state", sentence: "the policy of this machine is not for tools" };
  }
  const device = DEVICES.get(path.charCodeAt(1));
  if (device !== undefined && isBelow(path, device)) {
    return { name: "device", sentence: `${device} is no place for files` };
  }
  if (target.kind !== "path" || target.file !== "special") return null;
  return { name: "device", sentence: "it is a device, socket or FIFO" };
}

// Threat: a handle on a command line would have to be replaced by its value, which every process could then read.
function commandDeny({ argv, text }: CommandTarget): FloorHit | null {
  if (!text.includes(HANDLE) && argv?.some((word) => word.includes(HANDLE)) !== true) return null;
  return { name: "unbound-secret", sentence: "a handle stands in the words of a command; use `secrets` instead" };
}

const HANDLE = "handle://";
const SECRET: Mask = classMask(["secret", "credential"]);
const NEVER_REMOTE: Mask = classMask(["secret", "credential", "regulated", "unknown"]);

function networkDeny(facts: Facts, { host }: NetworkTarget): FloorHit | null {
  if ((facts.classes & SECRET) !== 0) {
    return {
      name: "egress-class",
      sentence: "secret data does not leave by a request; only a bound handle is delivered",
    };
  }
  if (METADATA_NAMES.has(host) || facts.addresses?.some(isMetadata) === true) return METADATA_HIT;
  return null;
}

function modelDeny(facts: Facts, { remote }: ModelTarget): FloorHit | null {
  if (remote && (facts.classes & NEVER_REMOTE) !== 0) {
    return {
      name: "egress-class",
      sentence: "secret, credential, regulated and unknown data never leaves for a remote model",
    };
  }
  return facts.addresses?.some(isMetadata) === true ? METADATA_HIT : null;
}

function secretDeny({ host, program, inject }: SecretTarget): FloorHit | null {
  if (host !== null || program !== null || inject.startsWith("component:")) return null;
  return { name: "unbound-secret", sentence: "the handle is bound to no host and no named program" };
}

const METADATA_NAMES: ReadonlySet<string> = new Set(["metadata.google.internal", "metadata", "instance-data"]);
const METADATA_HIT: FloorHit = { name: "address", sentence: "cloud metadata hands out credentials" };

function isMetadata(address: Uint8Array): boolean {
  return classifyAddress(formatAddress(address)) === "metadata";
}

/** Tells whether a request would reach an address that only a rule with `cidr` can open. */
export function reachesPrivate({ capability, addresses }: Facts): boolean {
  if (addresses === null || capability === "model_call") return false;
  return addresses.some((address) => classifyAddress(formatAddress(address)) !== "public");
}

/** What is denied when {@link reachesPrivate} holds and no granting rule lists the block. */
export const PRIVATE_HIT: FloorHit = {
  name: "address",
  sentence: "the address is not public and no rule opens it by `cidr`",
};

/** The floor's one allow: models inside this process, so that a shell without a policy can say why it denies. */
export function isOwnModel({ target }: Facts): boolean {
  return target.kind === "model" && !target.remote && target.host === null &&
    (target.provider === "builtin" || target.provider === "script");
}

/** The capabilities of the mode `read-only`. */
export const READ_ONLY: ReadonlySet<Capability> = new Set<Capability>([
  "file_read",
  "model_call",
  "skill_load",
  "acp_context_request",
]);

/** Where each capability cannot happen, whatever a rule says. */
const UNFIT: Readonly<Record<Capability, readonly IsolationTier[]>> = {
  file_read: ["none"],
  file_write: ["none", "host-readonly"],
  shell_command: ["none", "host-readonly", "wasm-sandbox"],
  network_request: ["none"],
  model_call: [],
  secret_handle_usage: [],
  package_install: [],
  package_execution: ["none"],
  skill_load: [],
  runtime_launch: ["none"],
  acp_context_request: [],
  mvm_mount: ["none", "host-readonly", "host-supervised", "wasm-sandbox"],
  wasm_host_call: ["none", "host-readonly", "host-supervised"],
};

/** The tiers where a capability is denied by the floor, as bits: a look-up that every decision makes. */
const UNFIT_BITS: ReadonlyMap<string, Mask> = new Map(
  CAPABILITIES.map((capability) => [capability, tierMask([...UNFIT[capability], "mvm-microvm", "deny"])]),
);

/** Says why a capability cannot happen in a tier that {@link UNFIT_BITS} names. */
function tierDeny(capability: Capability, tier: IsolationTier): FloorHit {
  if (tier === "deny") return { name: "tier", sentence: 'the tier is "deny"' };
  if (UNFIT[capability].includes(tier)) return { name: "tier", sentence: `${capability} cannot run in tier "${tier}"` };
  return { name: "tier", sentence: "there is no microVM backend in this version; use wasm-sandbox or host-supervised" };
}
