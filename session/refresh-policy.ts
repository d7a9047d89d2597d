import type { AuditEvent } from "../audit/mod.ts";
import type { PolicyEngine } from "../policy/mod.ts";
import type { GateDeps } from "./deps.ts";

interface Known {
  readonly digest: string;
  readonly problem: string | null;
}

const known = new WeakMap<PolicyEngine, Known>();

/**
 * Looks at the sources of the rules, so that an edit holds at once; what came of it is on record: rules that count from
 * now on, or an edit that was not taken over.
 *
 * @param deps Policy and record.
 */
export async function refreshPolicy(deps: Pick<GateDeps, "policy" | "audit">): Promise<void> {
  const { policy } = deps;
  // The first record of a session names what was in force when it began.
  const before = known.get(policy) ?? { digest: policy.generation.digest, problem: null };
  const { problem } = await policy.refresh();
  const { digest, state } = policy.generation;
  // Two calls at once see the same change: the first one says so.
  const current = known.get(policy) ?? before;
  known.set(policy, { digest, problem });
  if (digest !== current.digest) {
    note(deps, { event: "policy.load", policy: digest, reason: `the rules changed; now ${state}` });
  }
  if (problem !== null && problem !== current.problem) {
    note(deps, { event: "policy.reload_failed", policy: digest, reason: problem });
  }
}

function note({ audit }: Pick<GateDeps, "audit">, event: AuditEvent): void {
  try {
    audit.append(event);
  } catch {
    // A record that cannot be written refuses the call itself, which comes next.
  }
}
