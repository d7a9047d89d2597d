import { blake2b, toHex } from "../../core/mod.ts";
import type { AuditEvent } from "../event.ts";
import type { StoredEvent } from "../read-session.ts";

/**
 * Replaces what an event says of targets and reasons by keyed tags: equal texts have equal tags, so that what belongs
 * together can still be seen, and nobody without the key can tell what they are.
 *
 * @param stored The event.
 * @param key 32 bytes, e.g. the installation's tag key.
 * @returns The event without free text.
 */
export function redactEvent(stored: StoredEvent, key: Uint8Array): StoredEvent {
  const { event } = stored;
  return event === null ? stored : { ...stored, event: redact(event, key) };
}

function redact(event: AuditEvent, key: Uint8Array): AuditEvent {
  const { network, result, model } = event;
  return {
    ...event,
    reason: tag(event.reason, key),
    sources: event.sources?.map((source) => tag(source, key) ?? ""),
    actions: event.actions?.map((action) => ({ ...action, target: tag(action.target, key) })),
    correlation: tag(event.correlation, key),
    model: model == null ? model : { ...model, host: tag(model.host, key) },
    network: network == null ? network : { ...network, host: tag(network.host, key), ip: tag(network.ip, key) },
    result: result?.error == null
      ? result
      : { ...result, error: { ...result.error, message: tag(result.error.message, key) } },
  };
}

function tag(text: string | null | undefined, key: Uint8Array): string | null | undefined {
  if (text === null || text === undefined) return text;
  return `tag:${toHex(blake2b(new TextEncoder().encode(text), 16, key))}`;
}
