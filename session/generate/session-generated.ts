import type { GeneratedTools, ToolVersion } from "../../skills/mod.ts";
import type { GateDeps } from "../deps.ts";
import type { ToolEntry } from "../tools/registry.ts";
import { generateTool } from "../tools/generate-tool.ts";
import { createAttempts } from "./attempts.ts";
import { generatedGuest } from "./generated-guest.ts";
import { type GeneratedRuns, generatedTool, generatedToolByName } from "./generated-tool.ts";
import { createMaker } from "./make-tool.ts";

/** The generated tools of one session. */
export interface SessionGenerated {
  /** Adds `generate_tool` to the tools of every session. */
  tools(fixed: ReadonlyMap<string, ToolEntry>): ReadonlyMap<string, ToolEntry>;
  /** Begins a turn of the person: attempts begin anew, and what is registered now is offered. */
  beginTurn(): void;
  /** Begins a call of the person: a tool of that name is offered, usable or not; the call says what is wrong with it. */
  beginCall(name: string): void;
}

/**
 * Makes the generated tools of a session, once it has its gate.
 *
 * @internal Made by `setUpGenerated()`, used by `openSession()`.
 */
export type GeneratedSetup = (gate: () => GateDeps) => SessionGenerated;

/** What generated tools of a session are set up with. */
export interface GeneratedParts {
  /** The tools of the project. */
  readonly registry: GeneratedTools;
  /** Says who holds a name besides: an installed skill; `null` for a free one. */
  readonly holder: (name: string) => string | null;
}

/**
 * Prepares the generated tools of a session.
 *
 * @param parts The registry of the project.
 * @returns What makes them, given the gate.
 */
export function setUpGenerated(parts: GeneratedParts): GeneratedSetup {
  return (gate) => createSessionGenerated(parts, gate);
}

function createSessionGenerated({ registry, holder }: GeneratedParts, gate: () => GateDeps): SessionGenerated {
  const attempts = createAttempts();
  const offered = new Map<string, string>();
  const runs: GeneratedRuns = {
    registry,
    switchedOff({ actor }, text): void {
      const { audit, emit } = gate();
      try {
        audit.append({ event: "tool.change", reason: `disabled: ${text}`, skill: generatedGuest(actor).record });
      } catch {
        // The record is broken: the result of the run says so, and the session ends.
      }
      emit({ type: "notice", level: "warning", code: "TOOL_DISABLED", text });
    },
  };
  function withdraw(name: string): void {
    offered.delete(name);
    gate().dynamic.withdraw(name);
  }
  function offer(version: ToolVersion): void {
    const { name } = version.entry;
    if (offered.get(name) === version.actor.digest) return;
    // A skill of that name was there first: it keeps it.
    if (holder(name) !== null) return;
    offered.set(name, version.actor.digest ?? "");
    gate().dynamic.offer(generatedTool(runs, version));
  }
  const maker = createMaker(registry, gate, offer);
  return {
    tools: (fixed) => new Map(fixed).set("generate_tool", generateTool({ maker, attempts, holder })),
    beginTurn(): void {
      attempts.reset();
      const ready = registry.list().flatMap(({ version, state }) =>
        state === "ready" && version !== null ? [version] : []
      );
      for (const version of ready) offer(version);
      const names = new Set(ready.map(({ entry }) => entry.name));
      for (const name of offered.keys()) if (!names.has(name)) withdraw(name);
    },
    beginCall(name): void {
      attempts.reset();
      if (!gate().tools.has(name) && registry.has(name)) gate().dynamic.offer(generatedToolByName(runs, name));
    },
  };
}
