import type { Label } from "../core/mod.ts";
import type { Stop } from "./events.ts";

/** What a person, an editor or a script gives. */
export interface SessionInput {
  /** What the person typed: trusted. */
  readonly text: string;
  /** Text of other origin: a pipe, a file, an editor buffer. */
  readonly data: readonly { readonly text: string; readonly label: Label }[];
}

/** How a prompt ended, for front doors. */
export interface PromptEnd {
  /** Why it ended. */
  readonly stop: Stop;
  /** The last reply, masked; empty when there was none. */
  readonly text: string;
}
