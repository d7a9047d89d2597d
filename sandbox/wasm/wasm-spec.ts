import type { Digest } from "../../core/mod.ts";
import type { ComponentManifest, DeclaredInterface } from "./component.ts";
import type { WasmLimits } from "./wasm-limits.ts";

/** One call of a WASM guest, in an instance of its own. */
export interface WasmSpec {
  /** Says which of the alternatives this is. */
  readonly op: "wasm";
  /** Digest of the component's bytes. */
  readonly component: Digest;
  /** What the component may import. */
  readonly manifest: ComponentManifest;
  /** Interfaces that are answered; calls of any other one are `denied` inside. A script declares less than its engine. */
  readonly declared: readonly DeclaredInterface[];
  /** Source text for a component of world `engine`, or `null` for one of world `tool`. */
  readonly script: { readonly source: string; readonly digest: Digest } | null;
  /** JSON for `run`. */
  readonly input: string;
  /** What the call may use. */
  readonly limits: WasmLimits;
  /** Id of the call: without a grant, random bytes come from it and the clock stands at its time. */
  readonly seed: string;
  /** `true`: the guest sees the real clock. */
  readonly clock: boolean;
  /** `true`: the guest gets strong random bytes. */
  readonly random: boolean;
  /**
   * In a worker thread, or in a process without permissions. `auto`: a thread, but on Deno, where a thread cannot be
   * ended from outside, components without a script run in a process.
   */
  readonly where: "auto" | "thread" | "child";
}

/** One line of a guest's log; untrusted text. */
export interface WasmLogLine {
  /** How loud. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** One message, as the guest gave it. */
  readonly message: string;
}

/** What a guest gave. */
export interface WasmValue {
  /** Says which of the alternatives this is. */
  readonly op: "wasm";
  /** What `run` returned, JSON by contract but not checked; `null` when {@link WasmValue.error} is not. Untrusted. */
  readonly output: string | null;
  /** The tool's own error (`TOOL_ERROR`), untrusted text; `null` when there was none. */
  readonly error: string | null;
  /** Whether {@link WasmValue.error} came from loading the script or from running it. */
  readonly stage: "load" | "run";
  /** Lines of its log, as many as are kept. */
  readonly log: readonly WasmLogLine[];
  /** Fuel that was used: equal on every run and runtime for equal input. */
  readonly fuelUsed: number;
  /** Host calls that were made. */
  readonly calls: number;
}
