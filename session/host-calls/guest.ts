import type { AuditEvent } from "../../audit/mod.ts";
import type { Classification, Digest, HostCall, HostReply, SkillActor } from "../../core/mod.ts";
import type { FileAdmission } from "../admit-files.ts";

/** Code from elsewhere that runs in a tier and asks its host for every effect: a component, a generated tool, a skill. */
export interface Guest {
  /** On whose behalf each of its host calls is decided; its permissions are the ceiling. */
  readonly actor: SkillActor;
  /** Names it in questions and records, e.g. `acme/pdf@1.2.0`. */
  readonly title: string;
  /** Where it runs. `host-readonly` is core code behind a built-in skill: it sees what it reads unmasked. */
  readonly tier: "wasm-sandbox" | "host-readonly";
  /** Digest of the component, for secrets that are bound to it; `null` where none runs. */
  readonly component: Digest | null;
  /** How its records name it. */
  readonly record: NonNullable<AuditEvent["skill"]>;
  /** The content of one of its own files, for `skill:` paths; `null` when it has none of that name. */
  readonly file: (path: string) => Uint8Array | null;
  /** Names of its own files. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** What stands in for the world while examples of a tool are tried. */
  readonly stage?: GuestStage | undefined;
}

/** Plays effects for a guest, so that they do not happen. */
export interface GuestStage {
  /**
   * Answers a call without effect: only the import is decided and recorded then. `undefined` leaves it to the gate, with
   * its own capability.
   */
  play(call: HostCall): HostReply | undefined;
}

/** One run of a guest, as the gate sees it. */
export interface GuestRun {
  /** Answers one host call: decided, recorded, done, recorded. Never rejects. */
  readonly host: (call: HostCall, time?: GuestTime) => Promise<HostReply>;
  /** What it has read so far holds for its output. */
  readonly admission: FileAdmission;
  /** Aborts with the call, and as soon as nothing can be recorded any more. */
  readonly signal: AbortSignal;
  /** Every class that the guest has seen so far. */
  seen(): readonly Classification[];
}

/** Lets the clock of a run stand while a person is asked. */
export interface GuestTime {
  /** Stops the deadline; what it returns lets it go on. */
  readonly pause: () => () => void;
}
