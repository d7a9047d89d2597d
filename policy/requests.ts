import { resolve } from "node:path";
import type {
  AtomicAction,
  Classification,
  ModelTarget,
  NetworkTarget,
  PathTarget,
  SecretTarget,
  SkillActor,
  Target,
} from "../core/mod.ts";
import { classifyAddress } from "./actions/address-class.ts";
import { parseHost, parseUrl } from "./actions/hosts.ts";
import { parseCommand } from "./actions/shell.ts";
import { DEFAULT_TIER } from "./default-tier.ts";
import { PolicyError } from "./errors.ts";
import { EXAMPLE_KEY } from "./parse-request.ts";
import type { PathRoots } from "./path-syntax.ts";
import type { PolicyRequest } from "./policy-request.ts";

/** What a request is read against. */
export interface RequestContext {
  /** What `${project} ${home} ${tmp} ${skill_data}` at the start of a path stand for. */
  readonly roots: PathRoots;
  /** Folder that relative paths start from. */
  readonly base: string;
  /** Finds the absolute path of a program by its bare name, or gives `null`: then the command counts as opaque. */
  readonly lookup: (word: string) => string | null;
  /** On disk for `explain`; {@link lexicalTarget} for tests, which must not depend on what stands on a disk. */
  readonly resolve: (input: string, base: string) => PathTarget;
  /** Classes of the data at a path for which the request names none. */
  readonly classify: (target: Target) => readonly Classification[];
  /** Finds the actor that a name stands for; a name nobody knows is a local skill without permissions. */
  readonly actor?: (name: string) => SkillActor | null;
}

/** Resolves a path by its text alone. */
export function lexicalTarget(input: string, base: string): PathTarget {
  const path = resolve(base, input);
  return { kind: "path", real: path, lexical: path, file: "file", staged: false };
}

/**
 * Turns a request of a test, an example or `policy explain` into the actions that a real call would have.
 *
 * @param request What is asked about.
 * @param context Roots, and how paths, programs and actors are looked up.
 * @returns At least one action.
 * @throws {PolicyError} `REQUEST_INVALID` when it lacks its target; `PATH_INVALID`, `URL_INVALID`, `COMMAND_INVALID`.
 */
export function planRequest(request: PolicyRequest, context: RequestContext): readonly AtomicAction[] {
  if (request.capability === "shell_command") return planCommand(request, context);
  const target = targetOf(request, context);
  const classes = request.class ?? (target.kind === "path" ? context.classify(target) : PRIVATE);
  return [{ ...frameOf(request, context), target, classes }];
}

const PRIVATE: readonly Classification[] = ["private"];

function frameOf(request: PolicyRequest, context: RequestContext): Omit<AtomicAction, "target" | "classes"> {
  return {
    capability: request.capability,
    tier: request.tier ?? DEFAULT_TIER[request.capability],
    tainted: request.tainted ?? false,
    skill: actorOf(request, context),
  };
}

function planCommand(request: PolicyRequest, context: RequestContext): readonly AtomicAction[] {
  if (request.command === undefined && request.argv === undefined) throw missing("a command or argv");
  const frame = frameOf(request, context);
  const plan = parseCommand({
    command: request.command,
    argv: request.command === undefined ? request.argv : undefined,
    cwd: request.cwd === undefined
      ? context.base
      : context.resolve(expand(request.cwd, context.roots), context.base).real,
    project: context.roots.project ?? context.base,
    lookup: context.lookup,
    resolve: context.resolve,
    secrets: request.secrets ?? false,
    tainted: frame.tainted,
    classes: request.class ?? PRIVATE,
    skill: frame.skill,
  });
  return plan.actions.map((action) => action.capability === "shell_command" ? { ...action, tier: frame.tier } : action);
}

function targetOf(request: PolicyRequest, context: RequestContext): Target {
  const { capability } = request;
  switch (capability) {
    case "file_read":
    case "file_write":
    case "acp_context_request":
    case "mvm_mount": {
      const path = context.resolve(expand(given(request, "path"), context.roots), context.base);
      return { ...path, staged: request.staged ?? false };
    }
    case "network_request":
      return networkTarget(request);
    case "model_call":
      return modelTarget(request);
    case "secret_handle_usage":
      return secretTarget(request, context.roots);
    case "package_install":
    case "package_execution":
      return { kind: "package", ...splitVersion(given(request, "package")), digest: null };
    case "skill_load":
    case "runtime_launch":
      return { kind: "skill", name: given(request, "skill") };
    case "wasm_host_call":
      return { kind: "import", name: given(request, "import") };
    case "shell_command":
      throw missing("a command");
    default:
      return capability satisfies never;
  }
}

function given(request: PolicyRequest, key: "path" | "package" | "skill" | "import" | "secret"): string {
  const value = request[key];
  if (value === undefined) throw missing(EXAMPLE_KEY[request.capability]);
  return value;
}

function networkTarget(request: PolicyRequest): NetworkTarget {
  const method = (request.method ?? "GET").toUpperCase();
  const addresses = request.address ?? null;
  if (request.url !== undefined) return { kind: "network", ...parseUrl(request.url), method, addresses };
  const host = hostOf(request);
  if (host === null) throw missing("a url or host");
  const port = request.port ?? 443;
  const scheme = port === 80 ? "http" : "https";
  const shown = host.includes(":") ? `[${host}]` : host;
  return { kind: "network", url: `${scheme}://${shown}:${port}/`, scheme, host, port, method, addresses };
}

function modelTarget(request: PolicyRequest): ModelTarget {
  const host = hostOf(request);
  if (host === null && request.provider === undefined) throw missing("a provider or host");
  const provider = request.provider ?? "any";
  const own = host === null && (provider === "builtin" || provider === "script");
  const local = own || host === "localhost" || (host !== null && classifyAddress(host) === "loopback");
  return {
    kind: "model",
    provider,
    model: request.model ?? "any",
    host,
    port: host === null ? null : request.port ?? 443,
    remote: request.remote ?? !local,
  };
}

function secretTarget(request: PolicyRequest, roots: PathRoots): SecretTarget {
  const secret = given(request, "secret");
  const host = hostOf(request);
  const program = request.program === undefined ? null : expand(request.program, roots);
  return {
    kind: "secret",
    handle: secret.includes("://") ? secret : `handle://vault/${secret}`,
    inject: request.inject ?? (program === null ? "bearer" : "env:SECRET"),
    host,
    port: host === null ? null : request.port ?? 443,
    program,
  };
}

function hostOf({ host, url }: PolicyRequest): string | null {
  if (host === undefined) return url === undefined ? null : parseUrl(url).host;
  const parsed = parseHost(host);
  if (parsed === null) {
    throw new PolicyError("URL_INVALID", `Cannot use host "${host.slice(0, 80)}": it is not a host name`, {
      hint: /^[^:]+:\d+$/.test(host) ? "give the port by itself, as --port or `port`" : undefined,
    });
  }
  return parsed;
}

function actorOf(request: PolicyRequest, { actor }: RequestContext): SkillActor | null {
  const named = request.skill ?? (request.capability === "package_execution" ? request.package : undefined);
  if (named === undefined) return null;
  const known = actor?.(named) ?? { ...UNKNOWN_ACTOR, id: named, trust: trustOf(named) };
  return request.trust === undefined ? known : { ...known, trust: request.trust };
}

const UNKNOWN_ACTOR: Omit<SkillActor, "id" | "trust"> = {
  version: null,
  publisher: null,
  digest: null,
  permissions: null,
  roots: {},
};

function trustOf(name: string): SkillActor["trust"] {
  if (name.startsWith("generated:")) return "generated";
  // The name space of what is built in: nobody else can sign for it.
  return name.startsWith("agentzero/") ? "signed" : "local";
}

function splitVersion(text: string): { readonly id: string; readonly version: string | null } {
  const [, id = text, version = null] = /^(.*[^/:@])@([^@/]+)$/.exec(text) ?? [];
  return { id, version };
}

/** Puts roots into a path of a request; a request without a project has none. */
function expand(text: string, roots: PathRoots): string {
  return text.replace(
    /^\$\{(project|home|tmp|skill_data)\}/,
    (whole, name: "project" | "home" | "tmp" | "skill_data") => roots[name] ?? whole,
  );
}

/**
 * Tells whether planning failed since the target is one that no action may have, e.g. a URL that hides its host: such a
 * call is denied, whatever the rules are. A request that lacks its target is none.
 *
 * @param error What {@link planRequest} threw.
 * @returns `true` for a target that is there and refused.
 */
export function isRefusedTarget(error: unknown): error is PolicyError {
  return error instanceof PolicyError && REFUSED.has(error.code);
}

const REFUSED: ReadonlySet<string> = new Set(["PATH_INVALID", "URL_INVALID", "COMMAND_INVALID"]);

function missing(what: string): PolicyError {
  return new PolicyError("REQUEST_INVALID", `Cannot read request: ${what} is missing`, {
    hint: "name what the action would be done to",
  });
}
