import type { CompiledPolicy } from "./compiled-policy.ts";
import type { SessionMode } from "./engine-types.ts";
import type { FloorPlaces } from "./floor.ts";
import type { GrantView } from "./grant-view.ts";

/** All that a decision depends on besides the action. */
export interface DecisionState {
  readonly policy: CompiledPolicy;
  readonly places: FloorPlaces;
  readonly mode: SessionMode;
  /** `true` while an old policy stands in for a broken one. */
  readonly degraded: boolean;
  /** Why everything is denied, or `null`. */
  readonly broken: string | null;
  readonly grants: GrantView;
  /** `false` in embedded tests, where an actor stands for any skill that may do this. */
  readonly ceiling: boolean;
  /** `true` looks at every rule instead of the index. */
  readonly scan?: boolean;
}
