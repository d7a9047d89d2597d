import type { AgentContext, SessionUpdate } from "@agentclientprotocol/sdk";
import type { Random, Timers } from "../../core/mod.ts";
import type { ClientCan } from "./capabilities.ts";
import type { AcpHost, HostDoor } from "./host.ts";
import { createAcpApprover } from "./permission.ts";
import { createUpdatesOut } from "./updates-out.ts";

/** Ports of the way to a client. */
export interface V1HostDeps {
  readonly random: Random;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh id for the text of one reply. */
  readonly newId: () => string;
  /** One line for the log of the editor. */
  readonly log: (text: string) => void;
}

/** The client at the other end. */
export interface ClientLink {
  /** What it advertised. */
  readonly can: () => ClientCan;
  /** The connection; throws a `TypeError` before there is one. */
  readonly peer: () => AgentContext;
}

/**
 * Shows sessions on the screen of a client that speaks version 1 of the protocol: questions, updates, open buffers.
 *
 * @param deps Ports.
 * @param link The connection and what the client advertised.
 * @returns The client as sessions see it.
 */
export function createV1Host(deps: V1HostDeps, link: ClientLink): AcpHost {
  return {
    can: link.can,
    approver: (session) =>
      createAcpApprover({
        session,
        request: (question, options) => link.peer().request("session/request_permission", question, options),
        random: deps.random,
        timers: deps.timers,
      }),
    door(session): HostDoor {
      const updates = createUpdatesOut({
        send: (update: SessionUpdate) => link.peer().notify("session/update", { sessionId: session.id, update }),
        can: link.can(),
        clean: session.clean,
        timers: deps.timers,
        now: deps.now,
        project: session.project,
        newId: deps.newId,
        log: deps.log,
      });
      return {
        updates,
        async readBuffer(path, signal): Promise<string | null> {
          try {
            const answer = await link.peer().request("fs/read_text_file", { sessionId: session.id, path }, {
              cancellationSignal: signal,
              stopWaitingOnCancel: true,
            });
            return typeof answer.content === "string" ? answer.content : null;
          } catch {
            return null;
          }
        },
      };
    },
  };
}
