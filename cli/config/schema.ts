import * as z from "zod";
import { type AuditSettings, CLEAR_FIELDS, RECIPIENT_MODES, SYNC_POLICIES } from "../../audit/mod.ts";
import { PROCESS_BOUNDS, SANDBOX_BOUNDS, WASM_BOUNDS } from "../../sandbox/mod.ts";

const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE = /^(\d{1,12})\s?(KiB|MiB|GiB)$/;
const SIZE_BYTES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

const durationMs = z.union([
  z.int().positive(),
  z.string().regex(DURATION, "expected a duration like 90s, 30m or 2h").transform((text) => {
    const [, count = "0", unit = "ms"] = DURATION.exec(text) ?? [];
    return Number(count) * (DURATION_MS[unit] ?? 1);
  }),
]);
const size = z.union([
  z.int().positive(),
  z.string().regex(SIZE, "expected a size like 512KiB or 2GiB").transform((text) => {
    const [, count = "0", unit = "KiB"] = SIZE.exec(text) ?? [];
    return Number(count) * (SIZE_BYTES[unit] ?? 1);
  }),
]);

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "expected a name of a-z 0-9 . _ -");
const model = z.string().min(1).max(200);
const handle = z.string().regex(/^handle:\/\/(vault|env|file|cmd)\/[a-z0-9._/-]+$/, "expected handle://vault/NAME/KEY");
const url = z.string().regex(/^https?:\/\/[^\s]+$/, "expected an http(s) address").max(2048);
const path = z.string().min(1).max(4096);

const provider = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("openai-compatible"), url, key: handle.optional() }),
  z.strictObject({ kind: z.literal("anthropic"), url, key: handle.optional() }),
  z.strictObject({ kind: z.literal("script"), file: path }),
  z.strictObject({ kind: z.literal("builtin") }),
]);
const modelFacts = z.strictObject({
  context: z.int().min(1024).max(100_000_000).optional(),
  vision: z.boolean().optional(),
});

function bounded(max: number): z.ZodInt {
  return z.int().min(1).max(max);
}
const limits = z.strictObject({
  turns: bounded(10_000).optional(),
  tokens: bounded(1_000_000_000).optional(),
  wall: durationMs.pipe(z.number().max(86_400_000, "expected at most 24h")).optional(),
  timeout: durationMs.pipe(z.number().max(SANDBOX_BOUNDS.timeoutMs.max, "expected at most 1h")).optional(),
  running: bounded(SANDBOX_BOUNDS.running.max).optional(),
  read: size.pipe(bounded(SANDBOX_BOUNDS.readBytes.max)).optional(),
  write: size.pipe(bounded(SANDBOX_BOUNDS.writeBytes.max)).optional(),
  list: bounded(SANDBOX_BOUNDS.listEntries.max).optional(),
  search: bounded(SANDBOX_BOUNDS.searchHits.max).optional(),
  walk: bounded(SANDBOX_BOUNDS.walkEntries.max).optional(),
  output: size.pipe(bounded(PROCESS_BOUNDS.outputBytes.max)).optional(),
  drain: size.pipe(bounded(PROCESS_BOUNDS.drainBytes.max)).optional(),
  data: size.pipe(bounded(PROCESS_BOUNDS.dataBytes.max)).optional(),
  memory: size.pipe(bounded(PROCESS_BOUNDS.memoryBytes.max)).optional(),
  processes: bounded(PROCESS_BOUNDS.processes.max).optional(),
  open_files: bounded(PROCESS_BOUNDS.openFiles.max).optional(),
  file_size: size.pipe(bounded(PROCESS_BOUNDS.fileBytes.max)).optional(),
  tmp: size.pipe(bounded(PROCESS_BOUNDS.tmpBytes.max)).optional(),
  disk: size.pipe(bounded(PROCESS_BOUNDS.diskBytes.max)).optional(),
  changes: bounded(PROCESS_BOUNDS.changes.max).optional(),
  wasm_pages: bounded(WASM_BOUNDS.memoryPages.max).optional(),
  wasm_fuel: bounded(WASM_BOUNDS.fuel.max).optional(),
  wasm_time: durationMs.pipe(z.number().max(WASM_BOUNDS.wallMs.max, "expected at most 120s")).optional(),
  wasm_calls: bounded(WASM_BOUNDS.calls.max).optional(),
  wasm_bytes: size.pipe(bounded(WASM_BOUNDS.bytes.max)).optional(),
  wasm_input: size.pipe(bounded(WASM_BOUNDS.inputBytes.max)).optional(),
  wasm_output: size.pipe(bounded(WASM_BOUNDS.outputBytes.max)).optional(),
});

const audit = z.strictObject({
  sync: z.enum(SYNC_POLICIES).optional(),
  clear: z.array(z.enum(CLEAR_FIELDS)).max(CLEAR_FIELDS.length).optional(),
  recipients: z.enum(RECIPIENT_MODES).optional(),
  auditor: z.array(z.string().max(300)).max(16).optional(),
  retention: z.int().min(1).max(36_500).optional(),
  prune: z.enum(["never", "auto"]).optional(),
  max_bytes: size.pipe(z.int().min(1024 ** 2)).optional(),
  anchors: z.array(path).max(8).optional(),
});

/** What the person's own `config.yml` may say. */
export const USER_CONFIG: z.ZodType<UserConfig> = z.strictObject({
  v: z.literal(1),
  provider: name.optional(),
  model: model.optional(),
  providers: z.record(name, provider).optional(),
  models: z.record(z.string().min(1).max(200), modelFacts).optional(),
  limits: limits.optional(),
  audit: audit.optional(),
  // Read by `parseSecretDeclarations()` of core, which knows handles and places.
  secrets: z.record(z.string(), z.unknown()).optional(),
  vault: z.strictObject({ unlock: z.array(z.string().max(4096)).min(1).max(64) }).optional(),
  sandbox: z.strictObject({
    paths: z.array(path).max(32).optional(),
    seccomp: z.enum(["auto", "on", "off"]).optional(),
  }).optional(),
  acp: z.strictObject({
    cwd_allow: z.array(path).max(64).optional(),
    mode: z.enum(["ask", "read-only"]).optional(),
    client_fs: z.enum(["off", "read"]).optional(),
    thoughts: z.boolean().optional(),
  }).optional(),
  telemetry: z.strictObject({ otlp: z.strictObject({ endpoint: url }) }).optional(),
});

/** What a trusted project's `config.yml` may say: choose among the person's providers, lower limits, record more. */
export const PROJECT_CONFIG: z.ZodType<ProjectConfig> = z.strictObject({
  v: z.literal(1),
  provider: name.optional(),
  model: model.optional(),
  limits: limits.optional(),
  audit: z.strictObject({ sync: audit.shape.sync, retention: audit.shape.retention }).optional(),
});

/** How to reach a model. */
export type ProviderConfig =
  | { readonly kind: "openai-compatible" | "anthropic"; readonly url: string; readonly key?: string | undefined }
  | { readonly kind: "script"; readonly file: string }
  | { readonly kind: "builtin" };

/** Facts about a model that its server may not report. */
export interface ModelFacts {
  readonly context?: number | undefined;
  readonly vision?: boolean | undefined;
}

/** The names of limits in the file; sizes count in bytes, times in ms. */
export type LimitName =
  | "turns"
  | "tokens"
  | "wall"
  | "timeout"
  | "running"
  | "read"
  | "write"
  | "list"
  | "search"
  | "walk"
  | "output"
  | "drain"
  | "data"
  | "memory"
  | "processes"
  | "open_files"
  | "file_size"
  | "tmp"
  | "disk"
  | "changes"
  | "wasm_pages"
  | "wasm_fuel"
  | "wasm_time"
  | "wasm_calls"
  | "wasm_bytes"
  | "wasm_input"
  | "wasm_output";
/** Limits that a file sets. */
export type LimitsConfig = { readonly [Name in LimitName]?: number | undefined };

/** The `audit:` block; what it leaves out keeps its default. */
export type AuditConfig = { readonly [Key in keyof AuditSettings]?: AuditSettings[Key] | undefined };

/** The person's `config.yml`. */
export interface UserConfig {
  readonly v: 1;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly providers?: Readonly<Record<string, ProviderConfig>> | undefined;
  readonly models?: Readonly<Record<string, ModelFacts>> | undefined;
  readonly limits?: LimitsConfig | undefined;
  readonly audit?: AuditConfig | undefined;
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
  /** Argv that prints the unlock key of the vault. */
  readonly vault?: { readonly unlock: readonly string[] } | undefined;
  readonly sandbox?: {
    readonly paths?: readonly string[] | undefined;
    readonly seccomp?: "auto" | "on" | "off" | undefined;
  } | undefined;
  readonly acp?: {
    readonly cwd_allow?: readonly string[] | undefined;
    readonly mode?: "ask" | "read-only" | undefined;
    readonly client_fs?: "off" | "read" | undefined;
    readonly thoughts?: boolean | undefined;
  } | undefined;
  readonly telemetry?: { readonly otlp: { readonly endpoint: string } } | undefined;
}

/** A project's `config.yml`. */
export type ProjectConfig =
  & Pick<UserConfig, "v" | "provider" | "model" | "limits">
  & {
    readonly audit?: Pick<AuditConfig, "sync" | "retention"> | undefined;
  };
