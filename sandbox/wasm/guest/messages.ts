// Between the host and the program that holds a guest. What comes from that program is decoded before it is believed.
// The files of this folder import nothing of ours from outside of it: a process without permissions loads them.

/** Why a run has to end though the guest goes on. */
export type StopReason = "time" | "cancelled";

/** Slots of the shared memory of a worker, each an `Int32`. */
export const SLOT = { answered: 0, stop: 1 } as const;
/** Values of {@link SLOT.stop}. */
export const STOPS: readonly (StopReason | null)[] = [null, "time", "cancelled"];
/** Bytes of the shared memory. */
export const SHARED_BYTES = 64;

/** Levels of `az:host/logging`. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One line of log. */
export interface LogLine {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly message: string;
}

/** The component that a program serves, once in its life. */
export interface LoadMessage {
  readonly kind: "load";
  /** Source of the glue. */
  readonly glue: string;
  /** Core modules, compiled (thread) or as bytes (process). */
  readonly modules: readonly { readonly name: string; readonly module: unknown }[];
  /** What instrumented modules export, and the module that makes a function for their tables. */
  readonly names: {
    readonly fuel: string;
    readonly tick: string;
    readonly start: string;
    readonly tickBytes: Uint8Array<ArrayBuffer>;
  };
  /** Sources of the WASI classes as one `data:` URL, or `null` when nothing of it may be imported. */
  readonly wasi: string | null;
}

/** Limits as the program needs them. */
export interface GuestLimits {
  readonly fuel: number;
  readonly wallMs: number;
  readonly calls: number;
  readonly bytes: number;
  readonly outputBytes: number;
  readonly logLines: number;
  readonly logBytes: number;
}

/** One call of the guest. */
export interface StartMessage {
  readonly kind: "start";
  /** Which call of this program, from 1. */
  readonly run: number;
  readonly script: string | null;
  readonly input: string;
  readonly limits: GuestLimits;
  /** Interfaces that are answered. */
  readonly declared: readonly string[];
  readonly seed: string;
  /** Milliseconds since 1970 at the start. */
  readonly nowMs: number;
  /** Real time passes. */
  readonly clock: boolean;
  /** Real random bytes. */
  readonly random: boolean;
}

/** The answer to a host call. */
export interface ReplyMessage {
  readonly kind: "reply";
  readonly run: number;
  readonly seq: number;
  readonly ok: boolean;
  /** The value, or the error as `{ tag, val }`. */
  readonly value: unknown;
  /** Milliseconds of this run in which a person was asked. */
  readonly pausedMs: number;
  /** The run has to end now. */
  readonly stop: StopReason | null;
}

/** What a program gets. */
export type ToGuest = LoadMessage | StartMessage | ReplyMessage;

/** How a call ended inside. */
export type GuestEnd =
  /** `run` returned. */
  | { readonly kind: "output"; readonly text: string }
  /** `load` or `run` returned an error of its own. */
  | { readonly kind: "error"; readonly text: string; readonly stage: "load" | "run" }
  /** Anything else. */
  | { readonly kind: "failed"; readonly code: string; readonly reason: string; readonly hint: string | null };

/** A guest's call as it leaves the program. */
export interface CallMessage {
  readonly kind: "call";
  readonly run: number;
  readonly seq: number;
  readonly iface: string;
  readonly func: string;
  readonly args: readonly unknown[];
}

/** What a program says. */
export type FromGuest =
  | { readonly kind: "loaded" }
  | { readonly kind: "unloadable"; readonly reason: string }
  | CallMessage
  | { readonly kind: "log"; readonly run: number; readonly line: LogLine }
  | {
    readonly kind: "done";
    readonly run: number;
    readonly end: GuestEnd;
    readonly fuelUsed: number;
    readonly calls: number;
    readonly memoryBytes: number;
    readonly logCut: boolean;
  };
