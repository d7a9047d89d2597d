import { type AtomicAction, loadSodium, type Verdict } from "../core/mod.ts";
import { compilePolicy } from "./compile.ts";
import type { PolicyLayer } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { PolicyTest } from "./document.ts";
import { runTests, stateOf, type TestResult } from "./embedded-tests.ts";
import { contextOf } from "./engine.ts";
import type { Generation, PolicyOptions } from "./engine-types.ts";
import { floorPlaces } from "./floor.ts";
import { loadGeneration } from "./generation.ts";
import type { PathRoots } from "./path-syntax.ts";
import { type ApprovedAction, type PolicySuggestion, suggestRules } from "./suggest.ts";
import { measureTests, type QualityOptions, type TestQuality } from "./test-quality.ts";

/**
 * The layers that count now, for commands that look at policy instead of asking it. Its functions decide by layers
 * alone: no grants, no mode, no ceiling.
 */
export interface LiveLayers {
  /** How the layers were loaded, as `policy status` shows it. */
  readonly generation: Generation;
  /** The files that count, outermost first. */
  readonly layers: readonly PolicyLayer[];
  /** What `${…}` stands for here. */
  readonly roots: PathRoots;
  /** Spellings of `$AGENTZERO_HOME`. */
  readonly homes: readonly string[];
  /** What is wrong with a layer, in one line, or `null`. */
  readonly problem: string | null;
  /** Gives a function that decides by other layers in this place; it is pure and total. */
  deciderOf(layers: readonly PolicyLayer[]): (action: AtomicAction) => Verdict;
  /** Runs tests on these layers, in order; never throws. */
  runTests(tests: readonly PolicyTest[]): readonly TestResult[];
  /** Measures how much of the rules of these layers a set of tests holds in place. */
  measureTests(tests: readonly PolicyTest[], options: QualityOptions): TestQuality;
  /** Proposes rules for what was approved at least `min` times; most approvals first, each tried on these layers. */
  suggestRules(approved: readonly ApprovedAction[], min: number): readonly PolicySuggestion[];
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
  const { generation, layers, policy, problem } = await loadGeneration(context, 1);
  const { roots, homes } = context;
  const places = floorPlaces(homes, policy.roots);
  const state = stateOf(policy, places);
  return {
    generation,
    layers,
    roots,
    homes,
    problem,
    deciderOf(others: readonly PolicyLayer[]): (action: AtomicAction) => Verdict {
      const other = stateOf(compilePolicy(others, roots), places);
      return (action) => decide(other, action);
    },
    runTests: (tests) => runTests(tests, state),
    measureTests: (tests, { coverage, mutate }) => measureTests(layers, state, { tests, coverage, mutate }),
    suggestRules: (approved, min) => suggestRules(approved, { layers, state, min }),
  };
}
