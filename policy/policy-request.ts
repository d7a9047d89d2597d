import type { Capability, Classification, IsolationTier, SkillActor } from "../core/mod.ts";

/** What a test, an example or `explain` asks about. */
export interface PolicyRequest {
  /** What would be done; it says which of the other fields are needed. */
  readonly capability: Capability;
  /** Absolute, relative to the project, or starting with `${project}` or another root. */
  readonly path?: string;
  /** `true` for a change that a command made in the sandbox; absent is a direct write. */
  readonly staged?: boolean;
  /** A command line as `shell` takes it; it wins over `argv`. */
  readonly command?: string;
  /** Words of one command, program first. */
  readonly argv?: readonly string[];
  /** Working folder of the command, spelled like `path`; absent is the project. */
  readonly cwd?: string;
  /** An http(s) URL; it wins over `host` and `port` for a network request. */
  readonly url?: string;
  /** Host name or IP address of a request, a model or the receiver of a secret. */
  readonly host?: string;
  /** Port at `host`; absent is 443. */
  readonly port?: number;
  /** HTTP verb in any case; absent is GET. */
  readonly method?: string;
  /** IP addresses that the host resolves to; absent leaves them unknown, and `cidr` fails. */
  readonly address?: readonly string[];
  /** A handle, or its part after `handle://vault/`. */
  readonly secret?: string;
  /** Slot of the value; absent is `bearer`, or `env:SECRET` for a program. */
  readonly inject?: string;
  /** Path of the program that receives the value; it may start with a root. */
  readonly program?: string;
  /** Id of the acting skill, or the skill to load or run. */
  readonly skill?: string;
  /** Replaces how the acting skill came to be trusted. */
  readonly trust?: SkillActor["trust"];
  /** Interface that a guest imports, e.g. `az:host/http`. */
  readonly import?: string;
  /** Package id, with `@` and a version where one is known. */
  readonly package?: string;
  /** Name of the model's provider; absent is `any`. */
  readonly provider?: string;
  /** Name of the model; absent is `any`. */
  readonly model?: string;
  /** Whether the model is remote; absent is told from provider and host. */
  readonly remote?: boolean;
  /** Classes of the data; absent is what `classify` says of a path, else `private`. */
  readonly class?: readonly Classification[];
  /** Where it would run; absent is the usual tier of the capability. */
  readonly tier?: IsolationTier;
  /** `true` when untrusted text shaped the call; absent is `false`. */
  readonly tainted?: boolean;
  /** `true` when secret values are injected into the command. */
  readonly secrets?: boolean;
}
