import { type AuditSettings, DEFAULT_AUDIT_SETTINGS } from "../../audit/mod.ts";
import type { Config } from "../config/load-config.ts";

/**
 * Completes the `audit:` block of the configuration.
 *
 * @param config What was loaded.
 * @returns The settings of the record.
 */
export function auditSettings(config: Config): AuditSettings {
  const { sync, clear, recipients, auditor, retention, prune, max_bytes, anchors } = config.audit;
  const usual = DEFAULT_AUDIT_SETTINGS;
  return {
    sync: sync ?? usual.sync,
    clear: clear ?? usual.clear,
    recipients: recipients ?? usual.recipients,
    auditor: auditor ?? usual.auditor,
    retention: retention ?? usual.retention,
    prune: prune ?? usual.prune,
    max_bytes: max_bytes ?? usual.max_bytes,
    anchors: anchors ?? usual.anchors,
  };
}
