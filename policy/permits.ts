import { type CallId, type Clock, type Digest, type IsolationTier, Permit, type PermitSpender } from "../core/mod.ts";
import { PolicyError } from "./errors.ts";

/** What one permit allows: one start of exactly this spec in this tier. */
export interface PermitTerms {
  /** The call whose intent was recorded and approved. */
  readonly call: CallId;
  /** Sequence number of the intent record that stands before the effect. */
  readonly intent: number;
  /** Digest of the spec that will run. */
  readonly digest: Digest;
  /** The only tier whose backend can spend it. */
  readonly tier: IsolationTier;
}

/** Mints and spends permits. Only the gate holds the whole desk; tiers get {@link PermitSpender}. */
export interface PermitDesk extends PermitSpender {
  /** Makes a permit for one run, good for 60 seconds. */
  mint(terms: PermitTerms): Permit;
  /** Names the call whose run this permit was spent on, or `null`; for what happens inside that run. */
  spentFor(permit: Permit): CallId | null;
  /** Voids every permit of this desk, spent ones too: the turn has ended. */
  revokeAll(): void;
}

/** How long a permit may wait to be spent, in milliseconds. */
export const PERMIT_AGE_MS = 60_000;

// A microVM has no backend, instructions cause no effect, and `deny` says it all.
const WITHOUT_PERMITS: readonly IsolationTier[] = ["none", "mvm-microvm", "deny"];

/**
 * Creates the desk of one session.
 *
 * @example
 * ```ts
 * const permits = createPermits(clock);
 * const permit = permits.mint({ call, intent: 4, digest, tier: "host-readonly" });
 * permits.spend(permit, digest, "host-readonly"); // a second time throws
 * ```
 * @param clock Its monotonic time measures the age.
 * @returns The desk; `mint` and `spend` throw {@link PolicyError} `PERMIT_INVALID`.
 */
export function createPermits(clock: Clock): PermitDesk {
  // Threat: a look-alike permit. Permits are known by identity, never by what they say.
  let minted = new WeakMap<Permit, PermitTerms & { readonly at: number }>();
  let spent = new WeakMap<Permit, CallId>();
  return {
    mint(terms: PermitTerms): Permit {
      if (WITHOUT_PERMITS.includes(terms.tier)) throw invalid(`tier "${terms.tier}" runs nothing`);
      const permit = new Permit();
      minted.set(permit, { ...terms, at: clock.mono() });
      return permit;
    },
    spend(permit: Permit, digest: Digest, tier: IsolationTier): void {
      const terms = Permit.isPermit(permit) ? minted.get(permit) : undefined;
      if (terms === undefined) throw invalid("it was not minted here or was spent before");
      // Threat: a second try with another spec. Used up first, checked second: a failed spend is final.
      minted.delete(permit);
      const age = clock.mono() - terms.at;
      if (!(age >= 0 && age <= PERMIT_AGE_MS)) throw invalid(`it is older than ${PERMIT_AGE_MS / 1000} seconds`);
      if (terms.digest !== digest) throw invalid("what would run is not what was decided");
      if (terms.tier !== tier) throw invalid(`it is for tier "${terms.tier}", not "${tier}"`);
      spent.set(permit, terms.call);
    },
    spentFor(permit: Permit): CallId | null {
      return Permit.isPermit(permit) ? spent.get(permit) ?? null : null;
    },
    revokeAll(): void {
      minted = new WeakMap();
      spent = new WeakMap();
    },
  };
}

function invalid(seen: string): PolicyError {
  return new PolicyError("PERMIT_INVALID", `Cannot use permit: ${seen}`, {
    hint: "propose the call again, so that it is decided and recorded anew",
  });
}
