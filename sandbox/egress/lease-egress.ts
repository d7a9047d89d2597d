import type { EgressAnswer, EgressRequest, Permit, RunIo, SecretBytes } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import type { ProcessSpec } from "../process/process-spec.ts";
import { revealOne } from "../process/reveal-secrets.ts";
import { type Egress, type EgressLease, type EgressRule, parseHost } from "./egress.ts";
import { checkHeaderValue, type HeldSecret } from "./swap-secrets.ts";

/** What a lease is taken for. */
export interface LeaseInput {
  readonly egress: Egress;
  /** The run's permit, spent already. */
  readonly permit: Permit;
  readonly spec: ProcessSpec;
  readonly io: Pick<RunIo, "egress" | "secrets">;
}

/**
 * Takes the proxy for one command: its hosts, and the values that belong to them behind placeholders.
 *
 * @param deps Random placeholders.
 * @param input The command.
 * @returns The lease, or `null` for a command without hosts.
 * @throws {CoreError} `SECRET_PLACE` for a value that no header can carry; errors of the vault as they come.
 */
export async function leaseEgress(deps: SandboxDeps, input: LeaseInput): Promise<EgressLease | null> {
  const { spec, io, permit } = input;
  const rules = (spec.hosts ?? []).flatMap((host) => ruleOf(spec, host));
  if (rules.length === 0) return null;
  const secrets = await holdSecrets(deps, input);
  try {
    return await input.egress.lease(permit, rules, { admit: io.egress ?? refuseAll, secrets });
  } catch (error) {
    for (const { value } of secrets) value.dispose();
    throw error;
  }
}

function ruleOf(spec: ProcessSpec, host: string): readonly EgressRule[] {
  const rule = parseHost(host);
  if (rule === null) return [];
  const secrets = (spec.hostSecrets ?? []).filter((secret) => secret.host === host)
    .map(({ env, handle, slot, format }) => ({ env, handle, slot, format }));
  return [{ ...rule, secrets }];
}

async function holdSecrets(deps: SandboxDeps, input: LeaseInput): Promise<readonly HeldSecret[]> {
  const handles = new Map((input.spec.hostSecrets ?? []).map(({ env, handle }) => [env, handle]));
  const held: HeldSecret[] = [];
  try {
    for (const [env, handle] of handles) {
      // oxlint-disable-next-line no-await-in-loop -- a vault that is locked is asked once
      const value: SecretBytes = await revealOne(input, handle);
      const placeholder = `azph_${Buffer.from(deps.random.bytes(16)).toString("hex")}`;
      held.push({ env, handle, placeholder, value });
      checkHeaderValue(value);
    }
    return held;
  } catch (error) {
    for (const { value } of held) value.dispose();
    throw error;
  }
}

// A command with hosts and nobody who decides reaches none of them.
function refuseAll(_request: EgressRequest): Promise<EgressAnswer> {
  return Promise.resolve({ ok: false, reason: "nobody decides requests here" });
}
