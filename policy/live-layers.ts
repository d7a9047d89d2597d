import { loadSodium } from "../core/mod.ts";
import type { PolicyLayer } from "./compile.ts";
import type { DecisionState } from "./decide.ts";
import { stateOf } from "./embedded-tests.ts";
import { contextOf } from "./engine.ts";
import type { Generation, PolicyOptions } from "./engine-types.ts";
import { floorPlaces } from "./floor.ts";
import { loadGeneration } from "./generation.ts";
import type { PathRoots } from "./path-glob.ts";

/** The layers that count now, for commands that look at policy instead of asking it. */
export interface LiveLayers {
  readonly generation: Generation;
  readonly layers: readonly PolicyLayer[];
  readonly roots: PathRoots;
  /** Spellings of `$AGENTZERO_HOME`. */
  readonly homes: readonly string[];
  /** Decides by the layers alone: no grants, no mode, no ceiling. */
  readonly state: DecisionState;
  /** What is wrong with a layer, in one line, or `null`. */
  readonly problem: string | null;
}

/**
 * Loads the layers as a session would, without opening one.
 *
 * @param options As for `openPolicy`; `.agentzero/state` is left as it is.
 * @returns The layers.
 */
export async function openLayers(options: PolicyOptions): Promise<LiveLayers> {
  await loadSodium();
  const context = contextOf({ ...options, readOnlyState: true });
  const { generation, layers, policy, problem } = loadGeneration(context, 1);
  return {
    generation,
    layers,
    roots: context.roots,
    homes: context.homes,
    state: stateOf(policy, floorPlaces(context.homes, policy.roots)),
    problem,
  };
}
