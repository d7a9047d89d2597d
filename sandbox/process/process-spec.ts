import type { ProcessLimits } from "../limits.ts";
import type { StagedChange, StagedDrop } from "./staged-change.ts";
import type { StagedRun } from "./staged-run.ts";
import type { RunEnd } from "./watchdog.ts";

/** How a command starts. */
export type ProcessForm =
  | {
    readonly kind: "argv";
    readonly argv: readonly string[];
    /** Absolute path of the program, as the gate found it. */
    readonly program: string;
  }
  | {
    readonly kind: "script";
    /** Run by bash, inside. */
    readonly script: string;
  };

/** A value that a command only uses towards one host, without ever seeing it. */
export interface HostSecret {
  /** Variable that holds the placeholder. */
  readonly env: string;
  /** Names the value; never the value itself. */
  readonly handle: string;
  /** One of the `hosts` of the command. */
  readonly host: string;
  /** `bearer`, `basic:USER` or `header:NAME`: the header that may carry it. */
  readonly slot: string;
  /** For `header:NAME`: the text around the value, or `null`. */
  readonly format: string | null;
}

/** One command in the sandbox. Values of secrets are never part of it. */
export interface ProcessSpec {
  /** Says which of the alternatives this is. */
  readonly op: "process";
  /** Words or a script. */
  readonly form: ProcessForm;
  /** Real path inside the project. */
  readonly cwd: string;
  /** Real path of the project. */
  readonly project: string;
  /** `…/.agentzero/state/stage/<exe>`: made by the run, removed by `keep`, `discard` or the next start. */
  readonly stageDir: string;
  /** `false`: the project is mounted read-only. */
  readonly stage: boolean;
  /** Real paths that the command must not see. */
  readonly hidden: { readonly files: readonly string[]; readonly dirs: readonly string[] };
  /** Read-only tool chains of the user's configuration; their `bin` folders extend PATH. */
  readonly readOnlyPaths: readonly string[];
  /** Public variables by name. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable to handle. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Author and committer of commits made inside, or `null`. */
  readonly gitIdentity: { readonly name: string; readonly email: string } | null;
  /** Bytes for the command's standard input, or `null` for none. */
  readonly stdin?: Uint8Array | null;
  /** `host:port` pairs the command may reach; other than none is refused while no egress proxy runs. */
  readonly hosts?: readonly string[];
  /** Values that the egress proxy puts in for one of the hosts; the command has a placeholder in its variable. */
  readonly hostSecrets?: readonly HostSecret[];
  /** The skill whose script this is; then of the project only what it shares is there. */
  readonly skill?: SkillMount;
  /** Deadline in milliseconds. */
  readonly timeoutMs: number;
  /** What the run may use. */
  readonly limits: ProcessLimits;
}

/** What a script of a skill sees besides the system: its own files at `/skill`, and what was granted of the project. */
export interface SkillMount {
  /** From verified buffers. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly exec: boolean }[];
  /** Absolute paths of the programs that can be started: the interpreter first, then those that were approved. */
  readonly programs: readonly string[];
  /** Real paths of files and folders that it may read. */
  readonly read: readonly string[];
  /** Real paths of files and folders that it may change on its staged view. */
  readonly write: readonly string[];
}

/** What a command printed and changed. */
export interface ProcessValue {
  /** Exit status of the command, 128 and the signal's number if one ended it; `null` when {@link ended} says why. */
  readonly exit: number | null;
  /** The limit or the cancel that ended the run, with what it had printed; nothing of it can be kept. Else `null`. */
  readonly ended: RunEnd | null;
  /** Head and tail of what it printed on both streams, in order of arrival. */
  readonly output: Uint8Array;
  /** `true` when a cap was met and there is more. */
  readonly truncated: boolean;
  /** What the command changed. */
  readonly changes: readonly StagedChange[];
  /** What it left that can never be kept. */
  readonly dropped: readonly StagedDrop[];
  /** What the caller should know about the sandbox to understand the output, e.g. why nothing could be written. */
  readonly notes: readonly string[];
  /** `null` when the project was mounted read-only or nothing changed. */
  readonly stage: StagedRun | null;
}
