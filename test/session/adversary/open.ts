import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createNobody } from "../../../cli/approvers.ts";
import { type ComposedSession, openComposedSession } from "../../../cli/compose.ts";
import type { ApprovalRequest, Approver } from "../../../core/mod.ts";
import type { SessionEvent, SessionInput } from "../../../session/mod.ts";
import { contextIn } from "../../support/context.ts";
import { playedProcess } from "./fake-process.ts";
import { playedWasm } from "./fake-wasm.ts";
import { type Entry, watch } from "./journal.ts";
import type { World } from "./world.ts";

/** `real`: everything as the program wires it. `played`: commands and components do not become processes and threads. */
export type TierKind = "real" | "played";

/** Who is at the other end of questions. */
export type Person = "nobody" | "no" | "yes" | "always";

/** What a session of a world is opened with. */
export interface PlayerOptions {
  readonly tiers: TierKind;
  readonly person: Person;
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
  const composed = await openComposedSession(contextIn(world.project, world.home), {
    front: "cli",
    approver: watched(approverOf(options.person), seen.questions),
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

function approverOf(person: Person): Approver {
  if (person === "nobody") return createNobody();
  return {
    channel: "terminal",
    ask({ digest, scopes }): ReturnType<Approver["ask"]> {
      if (person === "no") return Promise.resolve({ kind: "refused", why: "no", message: null });
      const scope = person === "always" && scopes.includes("session") ? "session" : "once";
      return Promise.resolve({ kind: "allowed", scope, subject: digest, only: null });
    },
  };
}

function watched(approver: Approver, questions: ApprovalRequest[]): Approver {
  return {
    channel: approver.channel,
    ask(request, signal) {
      questions.push(request);
      return approver.ask(request, signal);
    },
  };
}
