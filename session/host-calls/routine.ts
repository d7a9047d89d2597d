import type { Classification, Detection, Finding, HostCall, HostReply, Outcome, SecretBytes } from "../../core/mod.ts";
import type { WasmSpec, WasmValue } from "../../sandbox/mod.ts";
import type { CallFailure } from "../call.ts";
import type { Guest } from "./guest.ts";

/** What core code behind a tool may use while it runs. */
export interface RoutineIo {
  /** Aborts it. */
  readonly signal: AbortSignal;
  /** Asks for one effect as the routine's own guest: decided, recorded, done. Never rejects. */
  readonly host: (call: HostCall) => Promise<HostReply>;
  /** Runs a component: with a permit for exactly this spec, each host call of it as this guest. Never throws. */
  wasm(spec: WasmSpec, of: RoutineComponent): Promise<Outcome<WasmValue>>;
  /** A secret that the call named. */
  reveal(handle: string): Promise<SecretBytes>;
  /** Looks for values that must not show up. */
  readonly scan: ContentScan;
}

/** What core code can find out about a text, without ever being given a value. */
export interface ContentScan {
  /** Known values in a text, by place. */
  find(text: string): readonly Finding[];
  /** What looks like a secret or personal data: heuristics. */
  detect(text: string): Promise<readonly Detection[]>;
  /** The text without known values and without what the detectors take for one. */
  mask(text: string): Promise<string>;
  /** A tag of a value, equal for equal values within one run, worthless outside of it. */
  tag(value: string): string;
}

/** The component of a run that a routine starts. */
export interface RoutineComponent {
  /** On whose behalf its host calls are decided. */
  readonly guest: Guest;
  /** Its bytes, where the store does not hold it. */
  component(): Promise<Uint8Array>;
}

/** What a routine gives. */
export interface RoutineValue {
  /** Raw text; masked, classified and capped by the gate. */
  readonly output: string | null;
  /** Why it did not do what it was asked to, or `null`. */
  readonly error: CallFailure | null;
  /** Names of what was read. */
  readonly sources: readonly string[];
  /** Classes of what was read, besides those of its host calls. */
  readonly classes: readonly Classification[];
  /** `true` when something was left out. */
  readonly truncated: boolean;
  /** For routines that answer a host call: the typed value. */
  readonly value?: unknown;
}
