import { canonicalJson, type Digest, digestOf, type SkillPermissions } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import {
  type ParsedAtom,
  parseExecAtom,
  parseFsAtom,
  parseNetAtom,
  parseSecretAtom,
  parseWorld,
  READ_ROOTS,
  WRITE_ROOTS,
} from "./permission-atoms.ts";
import {
  compareBytes,
  type PermissionField,
  type PermissionSource,
  permissionTokens,
  type ReportPermission,
} from "./permission-source.ts";
import { parseLimits } from "./permission-limits.ts";

/** What a skill without any permission has: instruction-only. */
export const EMPTY_PERMISSIONS: SkillPermissions = Object.freeze({
  exec: [],
  "fs.read": [],
  "fs.write": [],
  limits: {},
  net: [],
  runtime: "none",
  secret: [],
  v: 1,
  world: null,
});

const MAX_ATOMS = 64;

/**
 * Compiles permissions from the token strings of an author. Duplicate atoms and unknown words are refused, never
 * dropped.
 *
 * @example
 * ```ts
 * compilePermissions({ runtime: "wasm-sandbox", world: "az:host/tool@0.3.0", "fs.read": "workspace:data/**.csv" });
 * ```
 * @param source The strings; a value is tokens separated by one space.
 * @returns The compiled object, its atoms sorted.
 * @throws {SkillsError} `PERM_INVALID` or `WASM_WORLD` for the first thing that is wrong.
 */
export function compilePermissions(source: PermissionSource): SkillPermissions {
  const { permissions, problems } = tryCompile(source);
  const [problem] = problems;
  if (problem === undefined) return permissions;
  const { field, code, message, hint } = problem;
  throw new SkillsError(code, `Cannot read permission ${field}: ${message}`, { hint });
}

/** One thing that is wrong with a field. */
export interface PermissionProblem {
  /** The field. */
  readonly field: PermissionField;
  /** Reason code. */
  readonly code: "PERM_INVALID" | "WASM_WORLD";
  /** What was seen. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** As {@link compilePermissions}, but gives every problem; the permissions are complete only without one. */
export function tryCompile(
  source: PermissionSource,
): { readonly permissions: SkillPermissions; readonly problems: readonly PermissionProblem[] } {
  const problems: PermissionProblem[] = [];
  const compile = new Compiler(source, (field, problem) => void problems.push({ field, ...problem }));
  const permissions: SkillPermissions = {
    v: 1,
    runtime: source.runtime,
    world: compile.world(),
    "fs.read": compile.list("fs.read", (token) => parseFsAtom(token, READ_ROOTS)),
    "fs.write": compile.list("fs.write", (token) => parseFsAtom(token, WRITE_ROOTS)),
    net: compile.groups("net", 2, ([methods = "", url = ""]) => parseNetAtom(methods, url)),
    secret: compile.groups("secret", 4, parseSecretAtom),
    exec: compile.list("exec", (token, at) => parseExecAtom(token, at === 0)),
    limits: compile.limits(),
  };
  if (problems.length === 0) compile.together(permissions);
  return { permissions, problems };
}

class Compiler {
  readonly #source: PermissionSource;
  readonly #report: ReportPermission;

  constructor(source: PermissionSource, report: ReportPermission) {
    this.#source = source;
    this.#report = report;
  }

  world(): string | null {
    const tokens = this.#tokens("world");
    if (tokens.length === 0) return null;
    const parsed = parseWorld(tokens);
    if (parsed.ok) return parsed.atom;
    this.#report("world", { code: "WASM_WORLD", message: parsed.message, hint: parsed.hint });
    return null;
  }

  list(field: PermissionField, parse: (token: string, at: number) => ParsedAtom<string>): readonly string[] {
    return this.#unique(field, this.#tokens(field).map(parse), (atom) => atom);
  }

  groups<T>(field: PermissionField, size: number, parse: (tokens: readonly string[]) => ParsedAtom<T>): readonly T[] {
    const tokens = this.#tokens(field);
    if (tokens.length % size !== 0) {
      this.#refuse(field, `it has ${tokens.length} tokens, an atom has ${size}`, GROUP_HINTS[field] ?? "");
      return [];
    }
    const groups = Array.from({ length: tokens.length / size }, (_, at) => tokens.slice(at * size, (at + 1) * size));
    return this.#unique(field, groups.map(parse), canonicalJson);
  }

  limits(): Readonly<Record<string, number>> {
    const parsed = parseLimits(this.#tokens("limits"), this.#source.runtime);
    if (parsed.ok) return parsed.atom;
    this.#refuse("limits", parsed.message, parsed.hint);
    return {};
  }

  /** What only shows when all is read. */
  together(permissions: SkillPermissions): void {
    for (const { handle, origin } of permissions.secret) {
      if (permissions.net.some((atom) => atom.origin === origin)) continue;
      this.#refuse(
        "secret",
        `"${handle}" goes to ${origin}, which net does not cover`,
        `add ${origin}/… to az.perm.net`,
      );
    }
    const supervised = permissions.runtime === "host-supervised";
    if (!supervised && permissions.exec.length > 0) {
      this.#refuse("exec", `a skill of runtime ${permissions.runtime} starts no programs`, "remove it");
    }
    if (!supervised) return;
    if (permissions.exec.length === 0) this.#refuse("exec", "it is missing", "name the entry script: skill:PATH");
    for (const field of ["net", "secret"] as const) {
      if (permissions[field].length > 0) {
        this.#refuse(
          field,
          "a host-supervised skill has neither network nor secrets",
          "remove it, or use wasm-sandbox",
        );
      }
    }
    for (const field of ["fs.read", "fs.write"] as const) {
      const wild = permissions[field].find((atom) => /\*/.test(atom.replace(/(?:^|(?<=:)|\/)\*\*$/, "")));
      if (wild !== undefined) {
        this.#refuse(field, `"${wild}" can not be mounted`, "for host-supervised: one file, or a folder and /**");
      }
    }
  }

  #tokens(field: PermissionField): readonly string[] {
    const tokens = permissionTokens(this.#source[field]);
    if (tokens === null) {
      this.#refuse(
        field,
        "its tokens are not separated by exactly one space",
        "write atom after atom, one space between",
      );
    }
    return tokens ?? [];
  }

  #unique<T>(field: PermissionField, parsed: readonly ParsedAtom<T>[], form: (atom: T) => string): readonly T[] {
    const atoms = new Map<string, T>();
    for (const one of parsed) {
      if (!one.ok) this.#refuse(field, one.message, one.hint);
      else if (atoms.has(form(one.atom))) this.#refuse(field, `${form(one.atom)} stands twice`, "remove one of them");
      else atoms.set(form(one.atom), one.atom);
    }
    if (atoms.size > MAX_ATOMS) this.#refuse(field, `it has more than ${MAX_ATOMS} atoms`, "ask for less");
    return [...atoms].toSorted(([a], [b]) => compareBytes(a, b)).map(([, atom]) => atom);
  }

  #refuse(field: PermissionField, message: string, hint: string): void {
    this.#report(field, { code: "PERM_INVALID", message, hint });
  }
}

const GROUP_HINTS: Readonly<Partial<Record<PermissionField, string>>> = {
  net: "write METHODS URL, e.g. GET,POST https://api.example.com:443/repos/**",
  secret: "write HANDLE -> ORIGIN SLOT, e.g. github/token -> https://api.example.com:443 bearer",
};

/**
 * Digests compiled permissions: BLAKE2b-256 of their canonical JSON.
 *
 * @param permissions Compiled permissions.
 * @returns `b2:…`; for {@link EMPTY_PERMISSIONS} `b2:59ecbe2b…`.
 */
export function permDigest(permissions: SkillPermissions): Digest {
  const { exec, limits, net, runtime, secret, v, world } = permissions;
  const { "fs.read": read, "fs.write": write } = permissions;
  return digestOf({ exec, "fs.read": read, "fs.write": write, limits, net, runtime, secret, v, world });
}
