import type { ReplyMessage, StopReason, ToGuest } from "./guest/messages.ts";

/** What a link tells its owner. */
export interface LinkListener {
  /** Something came out of the program; nothing about it is known yet. */
  message(message: unknown): void;
  /** The program is gone. Comes at most once, and not after `kill`. */
  ended(why: LinkEnd): void;
}

/** How a program went. */
export interface LinkEnd {
  readonly code: "SANDBOX_FAILED" | "LIMIT_MEMORY";
  /** e.g. `its process ended with status 1`. */
  readonly why: string;
}

/** The way to a program that holds a guest: a thread or a process. */
export interface GuestLink {
  readonly where: "thread" | "child";
  /** Names who listens; before that nothing is lost. */
  listen(listener: LinkListener): void;
  send(message: ToGuest): void;
  /** Answers the host call that the program waits in. */
  answer(message: ReplyMessage): void;
  /** Raises the stop flag, where there is one. */
  stop(reason: StopReason): void;
  /** Keeps our own process alive, or not. */
  hold(busy: boolean): void;
  /** Ends the program. Resolves `true` when it is gone, or `false` when it could not be ended in time. */
  kill(): Promise<boolean>;
}
