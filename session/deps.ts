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
import type {
  FolderSpec,
  FolderValue,
  ProcessSpec,
  ProcessValue,
  ReadSpec,
  ReadValue,
  WasmSpec,
  WasmValue,
  WriteSpec,
  WriteValue,
} from "../sandbox/mod.ts";
import type { QuestionDesk } from "./approve.ts";
import type { CallFailure } from "./call.ts";
import type { SessionEvent } from "./events.ts";
import type { HttpIo, HttpSpec, HttpValue } from "./http.ts";
import type { DynamicTools } from "./skills/dynamic-tools.ts";
import type { ToolEntry } from "./tools/registry.ts";
import type { PlanContext, PlanGround } from "./tools/tool.ts";

/** The tier of `fetch`: like every backend, but each request and redirect is decided as it happens. */
export interface HttpTier extends Omit<Backend<HttpSpec, HttpValue>, "run"> {
  /** Runs as `Backend.run` does; `io.admitRequest` is asked before each hop. */
  run(permit: Permit, spec: HttpSpec, io: HttpIo): Promise<Outcome<HttpValue>>;
}

/** The tiers behind the gate. */
export interface Tiers {
  /** Reads, lists, searches: tier `host-readonly`. */
  readonly files: Backend<ReadSpec, ReadValue>;
  /** Writes one file at a time: tier `host-supervised`. */
  readonly writer: Backend<WriteSpec, WriteValue>;
  /** Makes folders: tier `host-supervised`. */
  readonly folders: Backend<FolderSpec, FolderValue>;
  /** Runs commands on a staged view: tier `host-supervised`. */
  readonly process: Backend<ProcessSpec, ProcessValue>;
  /** Sends requests of `fetch`: tier `host-supervised`. */
  readonly http: HttpTier;
  /** Runs components: tier `wasm-sandbox`. Where it is missing, so are components. */
  readonly wasm?: Backend<WasmSpec, WasmValue>;
}

/** Whether a handle may go to a place. */
export type BindingAnswer =
  /** `format` is the text around the value that the binding asks for, e.g. `token {}`; `null` for the value alone. */
  | { readonly ok: true; readonly format: string | null }
  | { readonly ok: false; readonly failure: CallFailure };

/** A header of a host that a handle is bound to. */
export interface BoundPlace {
  /** `name:port`. */
  readonly host: string;
  /** `bearer`, `basic:USER` or `header:NAME`. */
  readonly slot: string;
  /** Text around the value for `header:NAME`, or `null`. */
  readonly format: string | null;
}

/** What a session is wired to outside itself: the composition root gives it, nothing else is reached. */
export interface GateParts {
  /** Id of the session; stands in every record and result. */
  readonly session: SessionId;
  /** Real path of the project, or the folder that stands in for one. */
  readonly project: string;
  /** The front door in use, for the record. */
  readonly front: Front;
  /** Numeric account id, for the record. */
  readonly uid: number;
  /** Wall and monotonic time. */
  readonly clock: Clock;
  /** Deadlines of questions, prompts and replies. */
  readonly timers: Timers;
  /** `true` where the front door shows differences of what was changed. */
  readonly showsChanges?: boolean;
  /** Makes ids of calls and executions. */
  readonly ids: IdSource;
  /** Decides every action. */
  readonly policy: PolicyEngine;
  /** Mints permits for the gate; tiers get the spending half alone. */
  readonly permits: PermitDesk;
  /** Takes every intent before its effect, and every result. */
  readonly audit: AuditLog;
  /** The audit file as people are told it: relative to the project where it lies inside. */
  readonly auditFile: string;
  /** Masks secret values in all that leaves a tier. */
  readonly redactor: Redactor;
  /** Gives values to tiers, against a spent permit. */
  readonly secrets: SecretRevealer;
  /** Says whether a handle may be delivered to a place; never resolves the value, never rejects. */
  findBinding(handle: string, place: Place): Promise<BindingAnswer>;
  /** Lists the headers of hosts that a handle is bound to; empty for what is unknown. Never rejects. */
  bindingsOf?(handle: string): Promise<readonly BoundPlace[]>;
  /** What runs what was allowed. */
  readonly tiers: Tiers;
  /** What plans of tools may look at. */
  readonly plan: PlanGround;
  /** Look for personal data and credential shapes in outputs, because a model will see them. */
  readonly detect: boolean;
  /** Takes each event, masked and in order; must not throw. */
  readonly emit: (event: SessionEvent) => void;
}

/** Everything the gate works with. */
export interface GateDeps extends GateParts {
  readonly plan: Omit<PlanContext, "provenance">;
  readonly questions: QuestionDesk;
  /** What can be called now; changes between rounds, see {@link GateDeps.dynamic}. */
  readonly tools: ReadonlyMap<string, ToolEntry>;
  /** Takes tools that the session gains: loaded skills, generated tools. */
  readonly dynamic: DynamicTools;
  /** Version of this program, for what a run of a skill depends on. */
  readonly version?: string;
}
