import type { AuditEvent } from "../audit/mod.ts";
import type { Finding } from "../core/mod.ts";
import type { RecordSubject } from "./record-events.ts";

const MAX_NAMED = 16;

/**
 * Builds the record of a secret value that was stopped on its way out: which handle, in which encoding, where. The
 * value itself is nowhere in it.
 *
 * @param subject Ids of the call.
 * @param tool The tool that would have taken it out.
 * @param findings What was found.
 * @returns The event.
 */
export function leakEvent(subject: RecordSubject, tool: string, findings: readonly Finding[]): AuditEvent {
  const handles = findings.flatMap(({ handle }) => handle ?? []);
  const places = findings.slice(0, MAX_NAMED).map(({ handle, encoding, start }) =>
    `${handle ?? "a value without a handle"} as ${encoding} at ${start}`
  );
  const more = findings.length > MAX_NAMED ? ` and ${findings.length - MAX_NAMED} more` : "";
  return {
    event: "secret.leak",
    execution_id: subject.execution,
    call: subject.call,
    parent_id: subject.parent,
    turn: subject.turn,
    tool,
    secret_handles: [...new Set(handles)],
    reason: places.join("; ") + more,
  };
}
