import type {
  ApprovalPreview,
  AtomicAction,
  CallId,
  Classification,
  Digest,
  IsolationTier,
  Outcome,
  Target,
  TrustLabel,
} from "../../core/mod.ts";
import type { AuditEvent } from "../../audit/mod.ts";
import { decode, type shape } from "../../core/mod.ts";
import type {
  FileState,
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
} from "../../sandbox/mod.ts";
import type { CallFailure } from "../call.ts";
import type { BoundPlace } from "../deps.ts";
import type { Guest } from "../host-calls/guest.ts";
import type { RoutineIo, RoutineValue } from "../host-calls/routine.ts";
import type { HiddenPaths } from "../hidden-paths.ts";
import type { HttpSpec, HttpValue } from "../http.ts";
import type { Provenance } from "../provenance.ts";
import type { ToolLimits } from "./tool-limits.ts";

/** What every plan of a session may look at: names and policy facts. Nothing here has an effect. */
export interface PlanGround {
  /** Real path of the project; relative paths start here. */
  readonly project: string;
  /** Folder that the staged views of commands are made in; inside the project where there is one. */
  readonly stageRoot: string;
  /** Classes of the data at a target, by the `classify` rules of policy. */
  classify(target: Target): readonly Classification[];
  /** Absolute path of a program on the sandbox's fixed PATH, or `null`. */
  lookupProgram(word: string): string | null;
  /** Read-only tool chains that the user's configuration adds. */
  readonly toolchains: readonly string[];
  /** Author and committer of commits made inside the sandbox, or `null`. */
  readonly gitIdentity: { readonly name: string; readonly email: string } | null;
  /** A fresh name for the folder of one staged view. */
  newStageName(): string;
  /** What one call may use. */
  readonly limits: ToolLimits;
}

/** What the plan of one call may look at. */
export interface PlanContext extends PlanGround {
  /** Who proposes it, and what shaped its arguments. */
  readonly provenance: Provenance;
  /** What a command must not see of the project. */
  hidden(): HiddenPaths;
  /** Headers of hosts that the handles of this call are bound to. */
  readonly places?: ReadonlyMap<string, readonly BoundPlace[]>;
  /** Id of the call. */
  readonly call?: CallId;
  /** Digest of the rules that decide now. */
  readonly policy?: Digest;
  /** Version of this program. */
  readonly version?: string;
}

/** What an effect gave, before it is masked, classified and capped. */
export interface Presented {
  /** Raw text; may hold secrets until the gate has masked it. `null` when there is nothing to show. */
  readonly output: string | null;
  readonly truncated: boolean;
  /** Names of what was read, for the label. */
  readonly sources: readonly string[];
  /** Classes of what was read, besides those detectors find. */
  readonly classes: readonly Classification[];
  /** Real paths of admitted files that the output was taken from; absent where the plan names all. */
  readonly files?: readonly string[];
  readonly error: CallFailure | null;
  /** Origin of the output, where it is not the tool's usual one. */
  readonly trust?: TrustLabel;
  /** Exit status of a command. */
  readonly exit?: number | null;
}

/** One effect as data, so that its digest can be approved and its permit bound to it. */
export type Effect =
  | { readonly backend: "files"; readonly spec: ReadSpec; present(value: ReadValue): Presented }
  | { readonly backend: "writer"; readonly spec: WriteSpec; present(value: WriteValue): Presented }
  | { readonly backend: "folders"; readonly spec: FolderSpec; present(value: FolderValue): Presented }
  | { readonly backend: "process"; readonly spec: ProcessSpec; present(value: ProcessValue): Presented }
  | { readonly backend: "http"; readonly spec: HttpSpec; present(value: HttpValue): Presented }
  | WasmEffect
  | RoutineEffect;

/** A component that runs and asks its host for every effect; each of those is a call of its own. */
export interface WasmEffect {
  readonly backend: "wasm";
  readonly spec: WasmSpec;
  /** On whose behalf its host calls are decided. */
  readonly guest: Guest;
  /** Bytes of a component that the store does not hold. */
  component(digest: Digest): Promise<Uint8Array>;
  present(value: WasmValue): Presented;
  /** Hears how the run ended, before it is presented; must not throw. */
  ended?(outcome: Outcome<WasmValue>): void;
}

/**
 * Core code behind a tool. It touches nothing by itself: what it needs of the world it asks for like a guest, and each
 * of those is a call of its own.
 */
export interface RoutineEffect {
  readonly backend: "routine";
  /** `none` gets no permit: text that was read before, nothing else. */
  readonly tier: Extract<IsolationTier, "none" | "host-readonly" | "wasm-sandbox">;
  /** All that decides what it does: what the permit is bound to. */
  readonly spec: object;
  /** On whose behalf its calls are decided, or `null` when it makes none. */
  readonly guest: Guest | null;
  /** Runs; may throw a coded error. */
  run(io: RoutineIo): Promise<RoutineValue>;
  present(value: RoutineValue): Presented;
}

/** Exactly what would run, and how a person is shown it. */
export interface Prepared {
  readonly effect: Effect;
  readonly preview: ApprovalPreview;
  /** Digests of the files concerned, before and after, `null` when absent. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Looks at the files that the plan names, through the tier and a permit of its own. */
export interface Look {
  /** State and content of a target of the plan, up to `maxBytes`. */
  state(realPath: string, maxBytes: number): Promise<FileState>;
}

/** A call as atomic actions, before the decision. */
export interface Plan {
  /** From policy facts, e.g. `Write src/a.ts`. */
  readonly title: string;
  readonly tier: IsolationTier;
  readonly actions: readonly AtomicAction[];
  readonly handles: readonly string[];
  /** How the record names the skill that runs; taken from the actions where it is absent. */
  readonly record?: NonNullable<AuditEvent["skill"]>;
  /** What the refusal is called when policy asks and nobody can be asked; its own words by default. */
  readonly unasked?: CallFailure;
  /** Called after the decision was recorded, and again after an approval; must not change anything. */
  prepare(look: Look): Promise<Prepared>;
}

/** One tool of the model, the command line, editors and tests. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** Trust label of its output. */
  readonly trust: TrustLabel;
  /** `true` when every atomic action it can plan only reads. */
  readonly readOnly: boolean;
  /** JSON Schema of the arguments, for models. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Decodes arguments and normalises them; throws coded errors for what cannot be planned. */
  plan(args: unknown, context: PlanContext): Plan;
  /** Plans in the place of `plan` where something must be loaded first; touches nothing else. */
  planLater?(args: unknown, context: PlanContext): Promise<Plan>;
}

/** What a tool's author writes. */
export interface ToolDefinition<Args> {
  readonly name: string;
  readonly description: string;
  readonly trust: TrustLabel;
  readonly readOnly: boolean;
  readonly args: shape.Shape<Args>;
  plan(args: Args, context: PlanContext): Plan;
}

/**
 * Makes a tool from a typed definition.
 *
 * @param definition Name, texts, strict shape of the arguments, and plan.
 * @returns The tool; its `plan` throws `ARGS_INVALID` for arguments that do not fit.
 */
export function defineTool<Args>(definition: ToolDefinition<Args>): Tool {
  const { name, description, trust, readOnly, args: expected } = definition;
  return {
    name,
    description,
    trust,
    readOnly,
    inputSchema: expected.schema,
    plan: (args, context) => definition.plan(decode(expected, args, `arguments of "${name}"`), context),
  };
}
