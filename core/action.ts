import type { Digest } from "./digest.ts";
import type { Capability, Classification, IsolationTier } from "./words.ts";

/** What a path names on disk at the time it was normalised; links are never followed to say so. */
export type FileKind = "file" | "directory" | "symlink" | "missing" | "special";

/** A file or folder. */
export interface PathTarget {
  readonly kind: "path";
  /** The real path: links of every existing parent resolved; absolute. */
  readonly real: string;
  /** The absolute path as it was spelled; a `deny` also matches this one. */
  readonly lexical: string;
  /** What stands there. `special` is a device, socket or FIFO. */
  readonly file: FileKind;
  /** `true` for a change that a command made on its staged view. */
  readonly staged: boolean;
}

/** A program that would be started, or a shell text that cannot be read as plain words. */
export interface CommandTarget {
  readonly kind: "command";
  /** The words of one plain command, or `null` when the text is opaque. */
  readonly argv: readonly string[] | null;
  /** The text as it would be shown to a person. */
  readonly text: string;
  /** Real path of the folder it starts in. */
  readonly cwd: string;
  /** Real paths of the files in its redirections. */
  readonly redirects: readonly string[];
  /** `true` when the call carries secret values for the command's environment. */
  readonly secrets: boolean;
}

/** One HTTP request to one origin. */
export interface NetworkTarget {
  readonly kind: "network";
  readonly url: string;
  readonly scheme: "http" | "https";
  /** Lower case, punycode, without trailing dot; an IP in canonical form. */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Addresses the name resolved to, or `null` before resolution. */
  readonly addresses: readonly string[] | null;
}

/** One request to a language model. */
export interface ModelTarget {
  readonly kind: "model";
  readonly provider: string;
  readonly model: string;
  /** `null` for models inside this process. */
  readonly host: string | null;
  readonly port: number | null;
  /** `false` only for built-in, scripted and loopback models. */
  readonly remote: boolean;
}

/** The delivery of a secret value to one place. */
export interface SecretTarget {
  readonly kind: "secret";
  readonly handle: string;
  /** The slot of the binding: `bearer`, `basic:USER`, `header:NAME`, `env:NAME`, `component:b2:…`. */
  readonly inject: string;
  readonly host: string | null;
  readonly port: number | null;
  /** Real path of the program that receives it, for `env:`. */
  readonly program: string | null;
}

/** A package or generated tool, e.g. `acme/pdf` or `generated:word-count`. */
export interface PackageTarget {
  readonly kind: "package";
  readonly id: string;
  readonly version: string | null;
  readonly digest: string | null;
}

/** A host function that a WASM guest imports, e.g. `az:host/filesystem`. */
export interface ImportTarget {
  readonly kind: "import";
  readonly name: string;
}

/** A skill text or a runtime; what matters of it stands in {@link AtomicAction.skill}. */
export interface SkillTarget {
  readonly kind: "skill";
  readonly name: string;
}

/** What an atomic action is done to. */
export type Target =
  | PathTarget
  | CommandTarget
  | NetworkTarget
  | ModelTarget
  | SecretTarget
  | PackageTarget
  | ImportTarget
  | SkillTarget;

/** The compiled permissions of a package or generated tool (canonical form of the skills chapter). */
export interface SkillPermissions {
  readonly v: 1;
  readonly runtime: string;
  readonly world: string | null;
  /** Atoms `ROOT:GLOB`. */
  readonly "fs.read": readonly string[];
  readonly "fs.write": readonly string[];
  readonly net: readonly {
    readonly methods: readonly string[];
    readonly origin: string;
    readonly path: string;
  }[];
  readonly secret: readonly {
    readonly handle: string;
    readonly origin: string;
    readonly slot: string;
  }[];
  readonly exec: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Code from elsewhere on whose behalf an action is proposed. */
export interface SkillActor {
  readonly id: string;
  readonly version: string | null;
  readonly publisher: string | null;
  readonly digest: Digest | null;
  readonly trust: "signed" | "local" | "generated";
  /** The ceiling: what it does not cover is denied, whatever the rules say. `null` for text-only skills: nothing is covered. */
  readonly permissions: SkillPermissions | null;
  /** Real folders that the roots of its `fs` atoms stand for, e.g. `{ workspace: "/home/me/shop" }`. */
  readonly roots: Readonly<Record<string, string>>;
}

/** The unit of decision: one capability, one target. A call is one or more of these. */
export interface AtomicAction {
  readonly capability: Capability;
  readonly target: Target;
  /** Every class of the data concerned; each is decided. Empty counts as `unknown`. */
  readonly classes: readonly Classification[];
  readonly tier: IsolationTier;
  /** Did untrusted text shape a control-relevant argument? Not known is `true`. */
  readonly tainted: boolean;
  readonly skill: SkillActor | null;
  /**
   * `true` for what is masked or decided again when it happens (operands of git, redirections): only a deny counts,
   * neither a question nor that no rule matches.
   */
  readonly denyOnly?: boolean;
}

/**
 * Names the target of an action in one line, for records and people.
 *
 * @param target Any target.
 * @returns The real path, command text, URL, model, handle, package, import or skill name.
 */
export function describeTarget(target: Target): string {
  switch (target.kind) {
    case "path":
      return target.real;
    case "command":
      return target.text;
    case "network":
      return `${target.method} ${target.url}`;
    case "model":
      return `${target.provider}/${target.model}`;
    case "secret":
      return `${target.handle} as ${target.inject}`;
    case "package":
      return target.version === null ? target.id : `${target.id}@${target.version}`;
    case "import":
    case "skill":
      return target.name;
    default:
      return target satisfies never;
  }
}
