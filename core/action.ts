import type { Digest } from "./digest.ts";
import type { Capability, Classification, IsolationTier } from "./words.ts";

/** What a path names on disk at the time it was normalised; links are never followed to say so. */
export type FileKind = "file" | "directory" | "symlink" | "missing" | "special";

/** A file or folder. */
export interface PathTarget {
  /** Tells this target from the others. */
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
  /** Tells this target from the others. */
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
  /** Tells this target from the others. */
  readonly kind: "network";
  /** The whole address, normalised. */
  readonly url: string;
  /** How the origin is reached. */
  readonly scheme: "http" | "https";
  /** Lower case, punycode, without trailing dot; an IP in canonical form. */
  readonly host: string;
  /** From 1 to 65535; the scheme's own when none was given. */
  readonly port: number;
  /** In upper case. */
  readonly method: string;
  /** Addresses the name resolved to, or `null` before resolution. */
  readonly addresses: readonly string[] | null;
}

/** One request to a language model. */
export interface ModelTarget {
  /** Tells this target from the others. */
  readonly kind: "model";
  /** Name of the provider in the configuration. */
  readonly provider: string;
  /** Name of the model. */
  readonly model: string;
  /** `null` for models inside this process. */
  readonly host: string | null;
  /** `null` for models inside this process. */
  readonly port: number | null;
  /** `false` only for built-in, scripted and loopback models. */
  readonly remote: boolean;
}

/** The delivery of a secret value to one place. */
export interface SecretTarget {
  /** Tells this target from the others. */
  readonly kind: "secret";
  /** A handle, never a value. */
  readonly handle: string;
  /** The slot of the binding: `bearer`, `basic:USER`, `header:NAME`, `env:NAME`, `component:b2:…`. */
  readonly inject: string;
  /** The host it would be sent to, or `null`. */
  readonly host: string | null;
  /** The port of that host, or `null`. */
  readonly port: number | null;
  /** Real path of the program that receives it, for `env:`. */
  readonly program: string | null;
}

/** A package or generated tool, e.g. `acme/pdf` or `generated:word-count`. */
export interface PackageTarget {
  /** Tells this target from the others. */
  readonly kind: "package";
  /** Publisher and name, or `generated:` and a name. */
  readonly id: string;
  /** Exact version, or `null` where none is known yet. */
  readonly version: string | null;
  /** Digest of the package, or `null` where none is known yet. */
  readonly digest: string | null;
}

/** A host function that a WASM guest imports, e.g. `az:host/filesystem`. */
export interface ImportTarget {
  /** Tells this target from the others. */
  readonly kind: "import";
  /** Interface of the host, e.g. `az:host/http`. */
  readonly name: string;
}

/** A skill text or a runtime; what matters of it stands in {@link AtomicAction.skill}. */
export interface SkillTarget {
  /** Tells this target from the others. */
  readonly kind: "skill";
  /** Name of the skill or runtime. */
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
  /** Version of this form. */
  readonly v: 1;
  /** What runs it: `none`, `wasm`, `host-supervised`. */
  readonly runtime: string;
  /** WIT world of a component, or `null`. */
  readonly world: string | null;
  /** Atoms `ROOT:GLOB`. */
  readonly "fs.read": readonly string[];
  /** Atoms `ROOT:GLOB`. */
  readonly "fs.write": readonly string[];
  /** Origins it may talk to. */
  readonly net: readonly {
    readonly methods: readonly string[];
    readonly origin: string;
    readonly path: string;
  }[];
  /** Handles it may name, and where their values go. */
  readonly secret: readonly {
    readonly handle: string;
    readonly origin: string;
    readonly slot: string;
  }[];
  /** Programs it may start. */
  readonly exec: readonly string[];
  /** Numbers it may use up, by name of the limit. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Code from elsewhere on whose behalf an action is proposed. */
export interface SkillActor {
  /** Publisher and name. */
  readonly id: string;
  /** Exact version, or `null`. */
  readonly version: string | null;
  /** Fingerprint of the publisher, or `null`. */
  readonly publisher: string | null;
  /** Digest of the bytes that run, or `null`. */
  readonly digest: Digest | null;
  /** How its bytes came to be trusted. */
  readonly trust: "signed" | "local" | "generated";
  /** The ceiling: what it does not cover is denied, whatever the rules say. `null` for text-only skills: nothing is covered. */
  readonly permissions: SkillPermissions | null;
  /** Real folders that the roots of its `fs` atoms stand for, e.g. `{ workspace: "/home/me/shop" }`. */
  readonly roots: Readonly<Record<string, string>>;
}

/** The unit of decision: one capability, one target. A call is one or more of these. */
export interface AtomicAction {
  /** What would be done. */
  readonly capability: Capability;
  /** What it would be done to. */
  readonly target: Target;
  /** Every class of the data concerned; each is decided. Empty counts as `unknown`. */
  readonly classes: readonly Classification[];
  /** Where it would run. */
  readonly tier: IsolationTier;
  /** Did untrusted text shape a control-relevant argument? Not known is `true`. */
  readonly tainted: boolean;
  /** On whose behalf, or `null` for the person's own agent. */
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
