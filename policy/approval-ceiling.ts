import type { CompiledPolicy } from "./compiled-policy.ts";
import type { FileApproval, GrantScope } from "./document.ts";
import { DAY_MS } from "./duration.ts";

/** How long a person is waited for unless a file says otherwise. */
export const DEFAULT_TIMEOUT_MS = 300_000;

/** The lifetime of an answer kept for the project unless a rule or file says otherwise. */
export const DEFAULT_TTL_MS: number = 30 * DAY_MS;

/** What no rule can exceed: of each term the tightest that a file sets. */
export function ceilingOf(files: readonly FileApproval[]): CompiledPolicy["ceiling"] {
  return files.reduce<CompiledPolicy["ceiling"]>((all, file) => ({
    maxScope: file.maxScope === null ? all.maxScope : narrowerScope(all.maxScope, file.maxScope),
    timeoutMs: Math.min(all.timeoutMs, file.timeoutMs ?? all.timeoutMs),
    ttlMs: smaller(all.ttlMs, file.ttlMs),
  }), { maxScope: "project", timeoutMs: DEFAULT_TIMEOUT_MS, ttlMs: null });
}

const SCOPE_RANK: Readonly<Record<GrantScope, number>> = { once: 0, session: 1, package: 2, project: 2 };

/** Returns the narrower of two scopes; `project` and `package` reach equally far. */
export function narrowerScope(a: GrantScope, b: GrantScope): GrantScope {
  return SCOPE_RANK[b] < SCOPE_RANK[a] ? b : a;
}

/** The smaller of two numbers, where `null` is no bound. */
export function smaller(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
