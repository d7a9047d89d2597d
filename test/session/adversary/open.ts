import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ComposedSession, openComposedSession } from "../../../cli/compose.ts";
import type { ApprovalRequest } from "../../../core/mod.ts";
import type { SessionEvent, SessionInput } from "../../../session/mod.ts";
import { contextIn } from "../../support/context.ts";
import { playedProcess } from "./fake-process.ts";
import { playedWasm } from "./fake-wasm.ts";
import { type Entry, watch } from "./journal.ts";
import { approverOf, type Person } from "./person.ts";
import type { World } from "./world.ts";

/** `real`: everything as the program wires it. `played`: commands and components do not become processes and threads. */
export type TierKind = "real" | "played";

/** What a session of a world is opened with. */
export interface PlayerOptions {
  readonly tiers: TierKind;
  readonly person: Person;
  /** Another program writes into the files that a question is about. */
  readonly meddles: boolean;
  /** Turns of the model, as YAML. */
  readonly script: string;
  readonly resume: boolean;
  readonly seen: Seen;
}

/** All that can be seen of a trace from outside, over every session it has. */
export interface Seen {
  readonly events: SessionEvent[];
  readonly questions: ApprovalRequest[];
  readonly journal: Entry[];
  /** Names below the project that another program wrote while a question was open. */
  readonly meddled: Set<string>;
}

/** One open session of a world. */
export interface Player {
  readonly composed: ComposedSession;
  submit(text: string, data?: SessionInput["data"]): Promise<void>;
}

/** Opens a session of a world: real policy, gate, record, secrets, transcript. */
export async function openPlayer(world: World, options: PlayerOptions): Promise<Player> {
  const { seen } = options;
  const script = join(dirname(world.project), "turns.yml");
  writeFileSync(script, options.script);
  const composed: ComposedSession = await openComposedSession(contextIn(world.project, world.home), {
    front: "cli",
    approver: approverOf(options.person, {
      project: world.project,
      meddles: options.meddles,
      questions: seen.questions,
      meddled: seen.meddled,
      asked: (request) => void seen.journal.push({ kind: "asked", request }),
      stop: () => composed.session.cancel(),
    }),
    mode: "ask",
    project: "required",
    ...(options.resume ? { resume: { kind: "newest" } as const } : {}),
    model: { provider: "script", script },
    wire: (parts) =>
      watch(
        options.tiers === "real" ? parts : {
          ...parts,
          tiers: {
            ...parts.tiers,
            process: playedProcess(),
            wasm: playedWasm(world.port),
          },
        },
        seen.journal,
      ),
    emit(event): void {
      seen.events.push(event);
      seen.journal.push({ kind: "event", event });
    },
  });
  return {
    composed,
    async submit(text, data = []): Promise<void> {
      await composed.session.submit({ text, data });
    },
  };
}
