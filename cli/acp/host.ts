import type { Approver } from "../../core/mod.ts";
import type { ClientCan } from "./capabilities.ts";
import type { Clean } from "./clean.ts";
import type { UpdatesOut } from "./updates-out.ts";

/** What one session may do with the client. */
export interface HostDoor {
  readonly updates: UpdatesOut;
  /**
   * Asks for the text of an open buffer.
   *
   * @param path Real path of a file that the person named.
   * @param signal Ends the wait.
   * @returns The text; `null` when the client does not give it.
   */
  readBuffer(path: string, signal: AbortSignal): Promise<string | null>;
}

/** The client, as sessions see it: a screen. A second version of the protocol is a second implementation of this. */
export interface AcpHost {
  /** What it advertised; everything `false` before that. */
  can(): ClientCan;
  /** Asks the person on behalf of a session; never rejects, anything odd is no. */
  approver(session: () => SessionView): Approver;
  /** Opens the way out of one session. */
  door(session: SessionView): HostDoor;
}

/** What the way out must know of a session. */
export interface SessionView {
  readonly id: string;
  /** Real path of its root. */
  readonly project: string;
  readonly clean: Clean;
  readonly updates: UpdatesOut;
}
