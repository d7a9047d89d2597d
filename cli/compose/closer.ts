import type { AuditLog } from "../../audit/mod.ts";
import type { Session } from "../../session/mod.ts";
import type { CommandContext } from "../context.ts";
import { errorObject } from "../output/error.ts";

type Exit = "ok" | "failed" | "interrupted";

/** Ends what a session is made of. */
export interface Closer {
  /** Closes this session from now on; before, the bare record. */
  own(session: Session): void;
  /** Closes something else along with it. */
  also(work: () => void): void;
  close(exit?: Exit): Promise<void>;
}

/**
 * Creates what closes the session, or the bare record, exactly once: at the end of the command or of the process.
 *
 * @param context The command's context.
 * @param audit The record.
 * @returns The closer; it is already registered for the end of the process.
 */
export function createCloser(context: CommandContext, audit: AuditLog): Closer {
  const others: (() => void)[] = [];
  let session: Session | null = null;
  let closing: Promise<void> | null = null;
  const forget = context.onExit(() => close("interrupted"));
  function close(exit: Exit): Promise<void> {
    closing ??= (session === null ? audit.close(exit) : session.close(exit)).finally(() => {
      for (const work of others) work();
    });
    return closing;
  }
  return {
    own(opened): void {
      session = opened;
    },
    also: (work) => void others.push(work),
    async close(exit): Promise<void> {
      try {
        await close(exit ?? (context.signal.aborted ? "interrupted" : "ok"));
      } catch (cause) {
        // What was done is done and on record; only the end of the record is missing, which `audit verify` shows.
        context.output.note(`warning: ${errorObject(cause).error.message}`);
      }
      forget();
    },
  };
}
