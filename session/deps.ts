import type { AuditLog, Front } from "../audit/mod.ts";
import type {
  Backend,
  Clock,
  IdSource,
  Outcome,
  Permit,
  Place,
  Redactor,
  SecretRevealer,
  SessionId,
  Timers,
} from "../core/mod.ts";
import type { PermitDesk, PolicyEngine } from "../policy/mod.ts";
import type { ProcessSpec, ProcessValue, ReadSpec, ReadValue, WriteSpec, WriteValue } from "../sandbox/mod.ts";
import type { QuestionDesk } from "./approve.ts";
import type { CallFailure } from "./call.ts";
import type { SessionEvent } from "./events.ts";
import type { HttpIo, HttpSpec, HttpValue } from "./http.ts";
import type { IgnoreRules } from "./ignored.ts";
import type { ToolEntry } from "./tools/registry.ts";
import type { PlanContext } from "./tools/tool.ts";

/** The tier of `fetch`: like every backend, but each request and redirect is decided as it happens. */
export interface HttpTier extends Omit<Backend<HttpSpec, HttpValue>, "run"> {
  run(permit: Permit, spec: HttpSpec, io: HttpIo): Promise<Outcome<HttpValue>>;
}

/** The tiers behind the gate. */
export interface Tiers {
  readonly files: Backend<ReadSpec, ReadValue>;
  readonly writer: Backend<WriteSpec, WriteValue>;
  readonly process: Backend<ProcessSpec, ProcessValue>;
  readonly http: HttpTier;
}

/** Whether a handle may go to a place. */
export type BindingAnswer =
  /** `format` is the text around the value that the binding asks for, e.g. `token {}`; `null` for the value alone. */
  | { readonly ok: true; readonly format: string | null }
  | { readonly ok: false; readonly failure: CallFailure };

/** Everything the gate is wired to; nothing else reaches the outside from a session. */
export interface GateDeps {
  readonly session: SessionId;
  readonly project: string;
  readonly front: Front;
  readonly uid: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly policy: PolicyEngine;
  readonly permits: PermitDesk;
  readonly audit: AuditLog;
  /** The audit file as people are told it: relative to the project where it lies inside. */
  readonly auditFile: string;
  readonly redactor: Redactor;
  readonly secrets: SecretRevealer;
  /** Says whether a handle may be delivered to a place; never resolves the value, never rejects. */
  findBinding(handle: string, place: Place): Promise<BindingAnswer>;
  readonly questions: QuestionDesk;
  readonly tiers: Tiers;
  readonly tools: ReadonlyMap<string, ToolEntry>;
  readonly plan: Omit<PlanContext, "provenance">;
  readonly ignored: IgnoreRules;
  /** Look for personal data and credential shapes in outputs, because a model will see them. */
  readonly detect: boolean;
  readonly emit: (event: SessionEvent) => void;
}
