import {
  APPROVAL_SCOPES,
  type ApprovalTerms,
  type AtomicAction,
  canonicalJson,
  CAPABILITIES,
  type Capability,
  type Digest,
  digestOf,
  isDigest,
  isWord,
  LAYERS,
  type RuleRef,
  type SkillActor,
} from "../core/mod.ts";
import { narrowerScope } from "./compile.ts";
import type { GrantScope } from "./document.ts";
import { DAY_MS } from "./duration.ts";
import type { GrantInfo, GrantRequest, PackageGrantRequest } from "./engine-types.ts";
import { PolicyError } from "./errors.ts";
import { isRecord } from "./mac.ts";
import { shapeOf } from "./shape.ts";

/** A remembered answer as it is stored. */
export interface GrantRecord extends GrantInfo {
  /** Real path of the project it holds in. */
  readonly project: string;
  /** Digest of the permissions that the approval of a package as a whole covers; `null` for all other answers. */
  readonly permissions: Digest | null;
}

/** How long an answer for the session lives at most, in milliseconds. */
export const SESSION_TTL_MS: number = DAY_MS / 2;
/** How long any answer lives at most, in milliseconds. */
export const MAX_TTL_MS: number = 90 * DAY_MS;
// Two machines that share a home, or a clock that was put right, differ by less.
const AHEAD_MS = 300_000;

const PACKAGE_CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "package_install",
  "package_execution",
  "skill_load",
  "runtime_launch",
  "wasm_host_call",
]);

/**
 * Lists the scopes that may be offered for a question, narrowest first; *never* can always be answered.
 *
 * @example
 * ```ts
 * scopesFor(action, verdict.approval); // ["once", "session"]
 * ```
 * @param action The action asked about.
 * @param terms The terms of its verdict.
 * @returns At least `once`.
 */
export function scopesFor(action: AtomicAction, terms: ApprovalTerms): readonly GrantScope[] {
  const scopes: GrantScope[] = ["once"];
  if (reaches(terms.maxScope, "session")) scopes.push("session");
  // A secret is asked about anew in each session, whatever a file says.
  if (!reaches(terms.maxScope, "project") || action.capability === "secret_handle_usage") return scopes;
  if (action.capability !== "package_install") scopes.push("project");
  if (PACKAGE_CAPABILITIES.has(action.capability) && !bringsTaintedPower(action)) scopes.push("package");
  return scopes;
}

function reaches(max: GrantScope, scope: GrantScope): boolean {
  return narrowerScope(scope, max) === scope;
}

// Threat: a page that was read dictates a tool that writes or sends; a lasting yes to it would outlive the session.
function bringsTaintedPower({ tainted, skill }: Pick<AtomicAction, "tainted" | "skill">): boolean {
  const permissions = skill?.permissions ?? null;
  if (!tainted || permissions === null) return false;
  return permissions["fs.write"].length > 0 || permissions.net.length > 0 || permissions.secret.length > 0;
}

/** What a record is made with besides the request. */
export interface GrantFrame {
  readonly project: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Makes the record of an answer.
 *
 * @param request The answer.
 * @param frame Project and time.
 * @returns The record; its `id` binds every field that decides what it covers.
 * @throws {PolicyError} `GRANT_SCOPE` when the answer reaches further than offered.
 */
export function makeGrant(request: GrantRequest, frame: GrantFrame): GrantRecord {
  const { action, terms, scope, by } = request;
  if (scope === "never") return makeNever(request, frame);
  if (!scopesFor(action, terms).includes(scope)) {
    throw new PolicyError("GRANT_SCOPE", `Cannot remember the answer: the scope "${scope}" reaches too far`, {
      hint: `offered: ${scopesFor(action, terms).join(" ")}`,
    });
  }
  const now = Math.floor(frame.now);
  const ttl = Math.min(terms.ttlMs, scope === "session" ? SESSION_TTL_MS : MAX_TTL_MS);
  // To approve what a package is, is to approve what it may do: its atoms, for as far as the answer reaches.
  const whole = scope !== "once" && action.capability === "package_install";
  const record: Omit<GrantRecord, "id"> = {
    decision: "allow",
    scope,
    rules: terms.asks,
    capability: action.capability,
    shape: terms.shape,
    tainted: action.tainted,
    skill: action.skill === null ? null : { id: action.skill.id, digest: action.skill.digest },
    by,
    at: now,
    expires: now + ttl,
    project: frame.project,
    permissions: whole && action.skill !== null ? permissionDigest(action.skill) : null,
  };
  return { id: digestOf(boundFields(record)), ...record };
}

/**
 * Makes the record of a package that was approved as a whole outside a policy question: by its digests on the command
 * line, or in the dialogue that shows its permissions.
 *
 * @param request The package as the actor that will run, and who approved it.
 * @param frame Project, time, and the lifetime that the files allow.
 * @returns The record.
 * @throws {PolicyError} `GRANT_SCOPE` for a lasting grant of power that untrusted text asked for.
 */
export function makePackageGrant(
  { skill, tainted, scope, by }: PackageGrantRequest,
  frame: GrantFrame & { readonly ttlMs: number },
): GrantRecord {
  if (scope === "package" && bringsTaintedPower({ tainted, skill })) {
    throw new PolicyError(
      "GRANT_SCOPE",
      `Cannot approve "${skill.id}" for good: untrusted text was read before it was made`,
      {
        hint: "approve it for this session",
      },
    );
  }
  const now = Math.floor(frame.now);
  const { id, version, digest } = skill;
  const record: Omit<GrantRecord, "id"> = {
    decision: "allow",
    scope,
    rules: [],
    capability: "package_install",
    // The permissions stand in it too: whoever asks later what was granted finds what was struck off.
    shape: canonicalJson({ id, version, digest, permissions: skill.permissions }),
    tainted,
    skill: { id, digest },
    by,
    at: now,
    expires: now + Math.min(frame.ttlMs, scope === "session" ? SESSION_TTL_MS : MAX_TTL_MS),
    project: frame.project,
    permissions: permissionDigest(skill),
  };
  return { id: digestOf(boundFields(record)), ...record };
}

/** A stored deny is bound to capability, shape and project alone, so that nothing else lets it slip. */
function makeNever({ action, terms, by }: GrantRequest, { project, now }: GrantFrame): GrantRecord {
  // An answer about a word pattern denies the pattern; any other the exact action.
  const shape = terms.shape.startsWith('{"patterns":') ? terms.shape : shapeOf(action);
  const id = digestOf({ never: 1, capability: action.capability, shape, project });
  return {
    id: `never.${id.slice(3, 15)}`,
    decision: "deny",
    scope: "never",
    rules: [],
    capability: action.capability,
    shape,
    tainted: true,
    skill: null,
    by,
    at: Math.floor(now),
    expires: null,
    project,
    permissions: null,
  };
}

function boundFields(record: Omit<GrantRecord, "id">): Omit<GrantRecord, "id" | "by" | "at"> {
  const { by: _by, at: _at, ...bound } = record;
  return bound;
}

/** The digest of the permissions of a package, as its signature and lock name it. */
export function permissionDigest({ permissions }: SkillActor): Digest | null {
  return permissions === null ? null : digestOf(permissions);
}

/** Tells whether an answer is in force: neither at its end nor given in what would be the future. */
export function isInForce({ at, expires }: Pick<GrantRecord, "at" | "expires">, now: number): boolean {
  // Threat: the clock is set back so far that the end of an answer lies far away again.
  return expires === null || expires > now && at <= now + AHEAD_MS;
}

/** Tells whether every rule of `asks` is named. */
export function namesAll(rules: readonly RuleRef[], asks: readonly RuleRef[]): boolean {
  return asks.every((ask) =>
    rules.some((rule) => rule.layer === ask.layer && rule.rule === ask.rule && rule.policy === ask.policy)
  );
}

/** Reads one record of a file whose MAC holds; anything else than what {@link makeGrant} made is not one. */
export function isGrantRecord(value: unknown): value is GrantRecord {
  if (!isRecord(value)) return false;
  const { id, decision, scope, rules, capability, shape, tainted, skill, by, at, expires, project, permissions } =
    value;
  return typeof id === "string" && (decision === "allow" || decision === "deny") && isWord(APPROVAL_SCOPES, scope) &&
    (decision === "deny") === (scope === "never") && Array.isArray(rules) && rules.every(isRuleRef) &&
    isWord(CAPABILITIES, capability) && typeof shape === "string" && typeof tainted === "boolean" &&
    (skill === null || isSkillRef(skill)) && typeof by === "string" && Number.isSafeInteger(at) &&
    (expires === null ? decision === "deny" : Number.isSafeInteger(expires)) && typeof project === "string" &&
    (permissions === null || isDigest(permissions));
}

function isRuleRef(value: unknown): value is RuleRef {
  return isRecord(value) && isWord(LAYERS, value["layer"]) && typeof value["rule"] === "string" &&
    typeof value["policy"] === "string";
}

function isSkillRef(value: unknown): boolean {
  return isRecord(value) && typeof value["id"] === "string" && (value["digest"] === null || isDigest(value["digest"]));
}
