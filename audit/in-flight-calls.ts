import type { AuditEvent } from "./event.ts";

/** Calls that may still bring a result: while there is one, the segment does not change. */
export class InFlightCalls {
  readonly #ids = new Set<string>();

  /** `true` when every call that was begun has ended. */
  get isIdle(): boolean {
    return this.#ids.size === 0;
  }

  /** Takes the next event of the session. */
  take(event: AuditEvent): void {
    const id = event.execution_id;
    if (id === null || id === undefined) return;
    if (event.event === "intent" && event.decision !== "deny") this.#ids.add(id);
    if (event.event === "result") this.#ids.delete(id);
    if (event.event === "approval" && event.approval?.answer !== "allow") this.#ids.delete(id);
  }
}
