import type { AuditEvent } from "./event.ts";

/** Finds calls that were allowed or approved and have no result: the process died in between. */
export class DanglingCalls {
  readonly #allowed = new Set<string>();
  readonly #asked = new Set<string>();

  /** Takes the next event of a session. */
  take(event: AuditEvent): void {
    const id = event.execution_id ?? event.call;
    if (id === null || id === undefined) return;
    switch (event.event) {
      case "intent":
        if (event.decision === "allow" || event.decision === "allow_with_redaction") this.#allowed.add(id);
        else if (event.decision === "requires_approval") this.#asked.add(id);
        return;
      case "approval":
        if (event.approval?.answer === "allow") this.#allowed.add(id);
        this.#asked.delete(id);
        return;
      case "result":
        this.#allowed.delete(id);
        this.#asked.delete(id);
        return;
      default:
        return;
    }
  }

  /** Ids of executions whose effect may or may not have happened. */
  ids(): readonly string[] {
    return [...this.#allowed];
  }
}
