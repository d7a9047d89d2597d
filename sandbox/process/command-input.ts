import type { Permit, RunIo } from "../../core/mod.ts";
import type { Egress } from "../egress/egress.ts";
import type { RunState } from "../outcome.ts";
import type { Background } from "./background.ts";
import type { Ground } from "./ground.ts";
import type { ProcessSpec } from "./process-spec.ts";
import type { Stage } from "./stage.ts";
import type { Supervisors } from "./supervisors.ts";

/** One command to run. */
export interface CommandInput {
  readonly ground: Ground;
  readonly permit: Permit;
  readonly spec: ProcessSpec;
  readonly io: RunIo;
  readonly state: RunState;
  readonly background: Background;
  readonly supervisors: Supervisors;
  /** `null` where no command may have a network. */
  readonly egress: Egress | null;
}

/** A command and the stage that it runs on. */
export interface StagedInput extends CommandInput {
  readonly stage: Stage;
  /** `false`: the project is mounted read-only, because it was asked for or the ground cannot stage. */
  readonly staged: boolean;
}
