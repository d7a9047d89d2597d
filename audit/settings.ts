/** Names of fields that may stand in clear: closed sets only, never a target. */
export const CLEAR_FIELDS = ["event", "capability", "classification", "decision", "runtime"] as const;
/** One of {@link CLEAR_FIELDS}. */
export type ClearField = (typeof CLEAR_FIELDS)[number];

/** When written bytes are forced to the disk, from strict to loose. */
export const SYNC_POLICIES = ["each", "group", "risky", "none"] as const;
/** One of {@link SYNC_POLICIES}. */
export type SyncPolicy = (typeof SYNC_POLICIES)[number];

/** Who can read back what is written. */
export const RECIPIENT_MODES = ["self", "auditor", "both"] as const;
/** One of {@link RECIPIENT_MODES}. */
export type RecipientMode = (typeof RECIPIENT_MODES)[number];

/** The `audit:` block of the configuration, complete. */
export interface AuditSettings {
  /** How long an effect waits for the disk. */
  readonly sync: SyncPolicy;
  /** Fields that stand in clear beside the encrypted event; empty shows only number and time. */
  readonly clear: readonly ClearField[];
  /** `auditor` alone cannot be read back on this machine. */
  readonly recipients: RecipientMode;
  /** Public key lines `azpub/1 audit-box <kid> <base64>`. */
  readonly auditor: readonly string[];
  /** Days a closed session is kept before `prune: auto` may remove it. */
  readonly retention: number;
  /** `auto` removes closed sessions past `retention` when a session starts. */
  readonly prune: "never" | "auto";
  /** Upper bound of all session files of a project, in bytes. */
  readonly max_bytes: number;
  /** Absolute paths of files that get a copy of each ledger line. */
  readonly anchors: readonly string[];
}

/** What holds without any configuration. */
export const DEFAULT_AUDIT_SETTINGS: AuditSettings = {
  sync: "risky",
  clear: [],
  recipients: "self",
  auditor: [],
  retention: 183,
  prune: "never",
  max_bytes: 2 * 1024 ** 3,
  anchors: [],
};
