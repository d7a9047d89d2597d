import { SandboxError } from "../../errors.ts";
import type { CoreModule } from "../binary/read-module.ts";
import type { Bounds } from "../binary/read-types.ts";
import type { Maxima } from "../instrument/instrument-module.ts";
import { COMPONENT_BOUNDS } from "./bounds.ts";

/** A core module and how many instances of it there will be. */
export interface PlannedModule {
  readonly module: CoreModule;
  readonly instances: number;
}

interface Share {
  /** What the largest may grow to. */
  readonly most: number;
  /** What each of the others may. */
  readonly others: number;
  /** How many there may be, over all instances. */
  readonly count: number;
  readonly what: string;
  readonly unit: string;
}

/**
 * Decides what the memories and tables of a component may grow to: the largest memory gets the budget, each other at
 * most 16 pages; tables likewise.
 *
 * Threat: a component that spreads its memory over many memories, or makes a thousand instances of one module.
 *
 * @param modules All core modules.
 * @param memoryPages The budget.
 * @returns For each module, in their order, the maxima of its memories and tables.
 * @throws {SandboxError} `WASM_LIMITS` when a minimum does not fit, or there are too many.
 */
export function planMaxima(modules: readonly PlannedModule[], memoryPages: number): readonly Maxima[] {
  const { memories, tables, otherPages, otherElements, tableElements } = COMPONENT_BOUNDS;
  const pages = share(modules, (module) => module.memories, {
    most: memoryPages,
    others: otherPages,
    count: memories,
    what: "memories",
    unit: "pages",
  });
  const elements = share(modules, (module) => module.tables, {
    most: tableElements,
    others: otherElements,
    count: tables,
    what: "tables",
    unit: "elements",
  });
  return modules.map((_, index) => ({ memories: pages[index] ?? [], tables: elements[index] ?? [] }));
}

function share(
  modules: readonly PlannedModule[],
  boundsOf: (module: CoreModule) => readonly Bounds[],
  { most, others, count, what, unit }: Share,
): readonly (readonly number[])[] {
  let largest: Bounds | null = null;
  let all = 0;
  let begin = 0;
  for (const { module, instances } of modules) {
    for (const bounds of boundsOf(module)) {
      all += instances;
      begin += instances * bounds.min;
      // One that there will be several of cannot get the whole budget several times.
      if (instances === 1 && (largest === null || bounds.min > largest.min)) largest = bounds;
    }
  }
  if (all > count) throw beyond(`has ${all} ${what}`, `${count} are the limit`);
  const limit = unit === "pages" ? most + (count - 1) * others : most;
  if (begin > limit) throw beyond(`begins with ${begin} ${unit} of ${what}`, `${limit} are the limit`);
  function maximum(bounds: Bounds): number {
    const room = bounds === largest ? most : unit === "pages" ? others : Math.max(others, bounds.min);
    if (bounds.min > room) {
      throw beyond(`begins with ${bounds.min} ${unit} in one of its ${what}`, `${room} are the limit`);
    }
    return Math.min(bounds.max ?? room, room);
  }
  return modules.map(({ module }) => boundsOf(module).map(maximum));
}

function beyond(what: string, limit: string): SandboxError {
  return new SandboxError("WASM_LIMITS", `Cannot install component: it ${what}`, { hint: limit });
}
