import { realpathSync } from "node:fs";
import { platform } from "node:os";
import {
  type AtomicAction,
  type Classification,
  loadSodium,
  type SkillActor,
  type Target,
  type Verdict,
} from "../core/mod.ts";
import { classifyTarget } from "./classify.ts";
import { DEFAULT_TTL_MS } from "./compile.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import type { GrantScope } from "./document.ts";
import type {
  CallVerdict,
  Explanation,
  Generation,
  GrantInfo,
  GrantRequest,
  PackageGrantRequest,
  PolicyEngine,
  PolicyOptions,
  SessionMode,
} from "./engine-types.ts";
import { explain } from "./explain.ts";
import { denial } from "./fixed-verdicts.ts";
import { floorPlaces } from "./floor.ts";
import { type LoadContext, type LoadedGeneration, loadGeneration } from "./generation.ts";
import { GrantKeeper } from "./grant-keeper.ts";
import { type PolicyLiterals, policyLiterals } from "./literals.ts";
import { createMasks } from "./masks.ts";
import type { PathRoots } from "./path-syntax.ts";
import { stampOf } from "./state-file.ts";
import { readTrust, trustFile } from "./trust.ts";
import { worstVerdict } from "./worst-verdict.ts";

/**
 * Opens policy for one session: loads every layer, decides, remembers answers.
 *
 * @example
 * ```ts
 * const engine = await openPolicy(options);
 * engine.decide(action).decision; // "deny" unless some granting layer says otherwise
 * ```
 * @param options Places, ports and mode.
 * @returns The engine. A broken policy does not throw: the engine then asks about everything but reading, or denies.
 */
export async function openPolicy(options: PolicyOptions): Promise<PolicyEngine> {
  await loadSodium();
  const context = contextOf(options);
  return new Engine(context, await loadGeneration(context, 1));
}

class Engine implements PolicyEngine {
  readonly #context: LoadContext;
  readonly #keeper: GrantKeeper;
  #loaded: LoadedGeneration;
  #state: DecisionState;
  #mode: SessionMode;
  #closed = false;
  #literals: PolicyLiterals | null = null;
  #lastLook: Promise<unknown> = Promise.resolve();

  constructor(context: LoadContext, loaded: LoadedGeneration) {
    this.#mode = context.options.mode;
    this.#context = context;
    this.#keeper = new GrantKeeper(context.options);
    this.#loaded = loaded;
    this.#state = this.#build();
  }

  get generation(): Generation {
    return this.#loaded.generation;
  }

  refresh(): Promise<{ readonly changed: boolean; readonly problem: string | null }> {
    // Threat: an older reading that ends later than a newer one puts a loosened policy back. One look at a time.
    const look = this.#lastLook.then(() => this.#look());
    this.#lastLook = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<{ readonly changed: boolean; readonly problem: string | null }> {
    const answers = this.#keeper.refresh();
    const moved = [...this.#loaded.stamps].some(([path, stamp]) => stampOf(path) !== stamp);
    if (moved) return await this.#reload();
    if (answers) this.#state = this.#build();
    return { changed: false, problem: this.#loaded.problem };
  }

  async #reload(): Promise<{ readonly changed: boolean; readonly problem: string | null }> {
    const before = this.#loaded;
    const next = await loadGeneration(this.#context, before.generation.number + 1);
    // An edit that breaks a file under way changes nothing but the banner: what was in force stays in force.
    if (next.problem !== null && before.generation.state === "active") {
      this.#loaded = { ...before, problem: next.problem, stamps: next.stamps };
      return { changed: false, problem: next.problem };
    }
    const changed = next.generation.digest !== before.generation.digest;
    this.#loaded = changed ? next : { ...next, generation: { ...next.generation, number: before.generation.number } };
    this.#state = this.#build();
    this.#literals = null;
    return { changed, problem: next.problem };
  }

  #build(): DecisionState {
    const { policy, broken, generation } = this.#loaded;
    return {
      policy,
      places: floorPlaces(this.#context.homes, policy.roots),
      mode: this.#mode,
      degraded: generation.state === "degraded",
      broken,
      grants: this.#keeper.view,
      ceiling: true,
    };
  }

  decide(action: AtomicAction): Verdict {
    if (this.#closed) return denial("engine_error", "the session is closed");
    return decide(this.#state, action);
  }

  decideAll(actions: readonly AtomicAction[]): CallVerdict {
    if (!Array.isArray(actions) || actions.length === 0) {
      return { worst: denial("invalid_target", "the call has no action that could be decided"), each: [] };
    }
    const each = actions.map((action) => this.decide(action));
    return { worst: worstVerdict(each), each };
  }

  explain(action: AtomicAction): Explanation {
    return explain(this.#state, action);
  }

  classify(target: Target): readonly Classification[] {
    return classifyTarget(this.#state.policy, target);
  }

  masks(): (realPath: string) => string | null {
    return createMasks(this.#state);
  }

  quotes(words: readonly string[], typed: (word: string) => boolean): boolean {
    this.#literals ??= policyLiterals(this.#state.policy);
    return this.#literals(words, typed);
  }

  async remember(request: GrantRequest): Promise<void> {
    await Promise.resolve();
    this.#keeper.remember(request);
    this.#state = this.#build();
  }

  async grantPackage(request: PackageGrantRequest): Promise<void> {
    await Promise.resolve();
    this.#keeper.grantPackage(request, this.#state.policy.ceiling.ttlMs ?? DEFAULT_TTL_MS);
    this.#state = this.#build();
  }

  packageGrant(skill: SkillActor): GrantScope | null {
    return this.#keeper.view.packageGrant(skill);
  }

  async revokePackage(id: string): Promise<number> {
    await Promise.resolve();
    const dropped = this.#keeper.revokePackage(id);
    this.#state = this.#build();
    return dropped;
  }

  grants(): readonly GrantInfo[] {
    return this.#keeper.list();
  }

  tampered(): readonly string[] {
    const { options } = this.#context;
    return [...(readTrust(options).tampered ? [trustFile(options.home)] : []), ...this.#keeper.tampered];
  }

  async forget(id: string): Promise<boolean> {
    await Promise.resolve();
    const dropped = this.#keeper.forget(id);
    this.#state = this.#build();
    return dropped;
  }

  get mode(): SessionMode {
    return this.#mode;
  }

  setMode(mode: SessionMode): void {
    this.#mode = mode;
    this.#state = this.#build();
  }

  close(): void {
    this.#closed = true;
    this.#keeper.dropSession();
    this.#state = this.#build();
  }
}

/** Resolves what globs are compared with: paths of actions are real, so roots must be. */
export function contextOf(options: PolicyOptions): LoadContext {
  return {
    options,
    roots: rootsOf(options),
    homes: [...new Set([options.home, realOf(options.home)])],
  };
}

/** What `${…}` stands for on this machine. */
export function rootsOf({ project, userHome, tmp }: Pick<PolicyOptions, "project" | "userHome" | "tmp">): PathRoots {
  const system = platform();
  return {
    project: project === null ? null : realOf(project),
    home: realOf(userHome),
    tmp: realOf(tmp),
    skill_data: null,
    fold: system === "darwin" || system === "win32",
  };
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
