import type { AuditEvent, AuditLog } from "../../audit/mod.ts";
import { type AtomicAction, describeTarget, type IdSource, type Verdict } from "../../core/mod.ts";
import type { PolicyEngine } from "../../policy/mod.ts";
import { SessionError, targetOf } from "../../session/mod.ts";
import { CliError } from "../errors.ts";

/** What the export is decided and recorded with. */
export interface TelemetryGateParts {
  readonly audit: AuditLog;
  readonly policy: PolicyEngine;
  readonly ids: IdSource;
  /** Says something to the person. */
  readonly note: (text: string) => void;
}

/** Our own process sends; there is no sandbox around it. */
export const TELEMETRY_TIER = "host-supervised";

/** The export as the network request it is. */
export type ExportAction = AtomicAction & { readonly target: { readonly kind: "network" } };

/**
 * Reads where the export goes.
 *
 * @param endpoint An address from the person's configuration.
 * @returns The action that policy decides.
 * @throws {CliError} `CONFIG_INVALID` for what is no plain address.
 */
export function exportAction(endpoint: string): ExportAction {
  try {
    const { url, scheme, host, port } = targetOf(endpoint);
    // The usual short form names the receiver only.
    if (url.pathname === "/" && url.search === "") url.pathname = "/v1/logs";
    const target = { kind: "network", url: url.href, scheme, host, port, method: "POST", addresses: null } as const;
    return {
      capability: "network_request",
      target,
      classes: ["private"],
      tier: TELEMETRY_TIER,
      tainted: false,
      skill: null,
    };
  } catch (cause) {
    throw new CliError("CONFIG_INVALID", `Cannot send telemetry to "${endpoint}": it is no plain address`, {
      hint: "telemetry: { otlp: { endpoint: https://collector.example.com:4318/v1/logs } }",
      cause,
    });
  }
}

/** What every request of the export passes: one recorded decision for each set of rules. */
export interface TelemetryGate {
  /**
   * Lets a request pass.
   *
   * @returns Number of the record that stands before it.
   * @throws {SessionError} `POLICY_DENY`.
   */
  pass(): Promise<number>;
}

/**
 * Decides the export and records the decision, at once and again when the rules change.
 *
 * @param parts Policy and record.
 * @param action The export.
 * @returns The gate.
 */
export function createTelemetryGate(parts: TelemetryGateParts, action: ExportAction): TelemetryGate {
  const { policy, audit } = parts;
  let decided = decide();
  return {
    async pass(): Promise<number> {
      await policy.refresh();
      if (decided.policy !== policy.generation.digest) decided = decide();
      if (!decided.allowed) throw refusedExport(action);
      // The end of the session may have overtaken it: then the close record covers it.
      await decided.recorded.catch((cause: unknown) => {
        if (!audit.closed) throw cause;
      });
      return decided.seq;
    },
  };
  function decide(): Decided {
    const verdict = policy.decide(action);
    const allowed = isAllowed(verdict);
    const { seq } = audit.append(startEvent(parts, action, verdict));
    if (!allowed) parts.note(refusalOf(action, verdict));
    const recorded = audit.barrier(seq, true);
    // Whoever sends awaits it; until then nobody does.
    recorded.catch(() => undefined);
    return { policy: policy.generation.digest, seq, allowed, recorded };
  }
}

interface Decided {
  readonly policy: string;
  readonly seq: number;
  readonly allowed: boolean;
  /** Resolves when the decision is safely in the record. */
  readonly recorded: Promise<void>;
}

/** Nobody is there to be asked: what needs an answer has none, unless it was given before. */
export function isAllowed({ decision, granted }: Verdict): boolean {
  return decision === "allow" || decision === "allow_with_redaction" ||
    (decision === "requires_approval" && granted !== null);
}

/** The failure of a request that policy does not allow. */
export function refusedExport(action: ExportAction): SessionError {
  return new SessionError("POLICY_DENY", `Cannot send telemetry to ${action.target.host}: policy does not allow it`);
}

function refusalOf({ target }: ExportAction, { rule, decision }: Verdict): string {
  const why = rule === null
    ? "no rule allows it"
    : decision === "deny"
    ? `rule "${rule}" denies it`
    : `rule "${rule}" asks, and nobody can be asked`;
  return `telemetry is not sent: ${why}; to allow it: { id: telemetry, effect: allow, capability: network_request, ` +
    `${placeOf(target.host)}, ports: [${target.port}], methods: [POST] }`;
}

// An address inside is allowed by its range only, whatever its name is.
function placeOf(host: string): string {
  if (host === "localhost" || host.endsWith(".localhost")) return 'cidr: ["127.0.0.0/8", "::1/128"]';
  if (host.includes(":")) return `cidr: ["${host}/128"]`;
  return /^[0-9.]+$/.test(host) ? `cidr: ["${host}/32"]` : `hosts: ["${host}"]`;
}

function startEvent({ ids, policy }: TelemetryGateParts, action: ExportAction, verdict: Verdict): AuditEvent {
  const { decision, rule, layer, reason } = verdict;
  return {
    event: "telemetry.start",
    execution_id: ids.next("exe"),
    action: "export telemetry",
    tool: "telemetry",
    capability: action.capability,
    classification: "private",
    actions: [{
      capability: action.capability,
      target: describeTarget(action.target),
      classification: "private",
      decision,
      rule,
      layer,
    }],
    decision,
    rule,
    layer,
    reason,
    policy: policy.generation.digest,
    tainted: false,
    runtime: TELEMETRY_TIER,
    network: networkOf(action, { ip: null, status: null }),
  };
}

/** Where a request goes, for the record. */
export function networkOf(
  { target: { host, port, method } }: ExportAction,
  answer: { readonly ip: string | null; readonly status: number | null },
): NonNullable<AuditEvent["network"]> {
  return { host, port, method, ...answer };
}
