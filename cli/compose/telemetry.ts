import { type AuditEvent, type AuditLog, type OtlpAnswer, OtlpPump, type WriterFacts } from "../../audit/mod.ts";
import { type AtomicAction, type Clock, describeTarget, digestOf, type IdSource } from "../../core/mod.ts";
import type { Keys, Random, Redactor, SessionId, Timers, Verdict } from "../../core/mod.ts";
import type { PermitDesk, PolicyEngine } from "../../policy/mod.ts";
import { type Http, type HttpAnswer, type OutgoingRequest, SessionError, targetOf } from "../../session/mod.ts";
import { CliError } from "../errors.ts";
import { VERSION } from "../version.ts";

/** What the continuous export is made of. */
export interface TelemetryParts {
  /** From the person's own configuration; a project's file cannot name one. */
  readonly endpoint: string;
  /** The audit folder. */
  readonly dir: string;
  readonly session: SessionId;
  /** Number of the last event before the session was opened now. */
  readonly from: number;
  readonly audit: AuditLog;
  readonly policy: PolicyEngine;
  readonly permits: PermitDesk;
  readonly redactor: Redactor;
  readonly http: Http;
  readonly keys: Keys;
  readonly ids: IdSource;
  readonly writer: WriterFacts;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Says something to the person. */
  readonly note: (text: string) => void;
}

const TIER = "host-supervised";
const LIMITS = { connectMs: 5_000, firstByteMs: 10_000, silenceMs: 5_000, maxBytes: 65_536, maxLineBytes: null };

/**
 * Opens the continuous export of the record to an OpenTelemetry receiver. Nothing is sent before policy allowed it as
 * the network request it is, and that decision is on record; both anew when the rules change.
 *
 * @param parts Where to, and what it passes through.
 * @returns The pump; wake it with each event, stop it after the record was closed.
 * @throws {CliError} `CONFIG_INVALID` for an endpoint that is no plain address.
 */
export function openTelemetry(parts: TelemetryParts): OtlpPump {
  const action = exportAction(parts.endpoint);
  const gate = createGate(parts, action);
  let told = false;
  return new OtlpPump({
    ...parts,
    origin: { version: VERSION },
    secretOf: (kid) => parts.keys.auditBoxSecret(kid),
    post: (body, signal) => post(parts, gate, { action, body, signal }),
    onDropped(count, status): void {
      parts.audit.append({
        event: "telemetry.dropped",
        reason: `the receiver answered ${status} to ${count} events`,
        network: networkOf(action, { ip: null, status }),
      });
      if (told) return;
      told = true;
      parts.note(`warning: the telemetry receiver refused ${count} events (${status}); they stay in the record`);
    },
  });
}

type ExportAction = AtomicAction & { readonly target: { readonly kind: "network" } };

function exportAction(endpoint: string): ExportAction {
  try {
    const { url, scheme, host, port } = targetOf(endpoint);
    // The usual short form names the receiver only.
    if (url.pathname === "/" && url.search === "") url.pathname = "/v1/logs";
    const target = { kind: "network", url: url.href, scheme, host, port, method: "POST", addresses: null } as const;
    return { capability: "network_request", target, classes: ["private"], tier: TIER, tainted: false, skill: null };
  } catch (cause) {
    throw new CliError("CONFIG_INVALID", `Cannot send telemetry to "${endpoint}": it is no plain address`, {
      hint: "telemetry: { otlp: { endpoint: https://collector.example.com:4318/v1/logs } }",
      cause,
    });
  }
}

/** Decides, records, and says no: once a session and set of rules. */
interface Gate {
  /** Number of the record that stands before every request. @throws {SessionError} `POLICY_DENY`. */
  pass(): Promise<number>;
}

function createGate(parts: TelemetryParts, action: ExportAction): Gate {
  const { policy, audit } = parts;
  let decided = decide();
  return {
    async pass(): Promise<number> {
      await policy.refresh();
      if (decided.policy !== policy.generation.digest) decided = decide();
      if (!decided.allowed) throw refused(action);
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

// Nobody is there to be asked: what needs an answer has none.
function isAllowed({ decision, granted }: Verdict): boolean {
  return decision === "allow" || decision === "allow_with_redaction" ||
    (decision === "requires_approval" && granted !== null);
}

async function post(
  parts: TelemetryParts,
  gate: Gate,
  sent: { readonly action: ExportAction; readonly body: string; readonly signal: AbortSignal },
): Promise<OtlpAnswer> {
  const { permits, ids, http, redactor, policy } = parts;
  const { action, signal } = sent;
  const intent = await gate.pass();
  const target = targetOf(action.target.url);
  // A value that became known after the event was recorded.
  const body = new TextEncoder().encode(redactor.mask(sent.body).text);
  const digest = digestOf({ form: "az/otlp/1", url: target.url.href, body: redactor.mask(sent.body).text });
  const permit = permits.mint({ call: ids.next("call"), intent, digest, tier: TIER });
  permits.spend(permit, digest, TIER);
  const answer = await http.exchange(
    { method: "POST", target, headers: HEADERS, body, hop: 0 },
    {
      signal,
      limits: LIMITS,
      loopbackOnly: false,
      admit: (request) => admit(policy, action, request),
      credential: () => Promise.resolve(null),
    },
  );
  return { status: answer.status, retryAfterMs: retryAfterOf(answer, parts.clock), rejected: await rejectedOf(answer) };
}

const HEADERS = [["user-agent", "agentzero"], ["content-type", "application/json"]] as const;

// Threat: an allowed name that leads inside. The connection is decided again with its addresses.
function admit(policy: PolicyEngine, action: ExportAction, request: OutgoingRequest): Promise<void> {
  const { addresses } = request;
  const same = request.host === action.target.host && request.port === action.target.port;
  const verdict = policy.decide({ ...action, target: { ...action.target, addresses } });
  return same && isAllowed(verdict) ? Promise.resolve() : Promise.reject(refused(action));
}

function refused(action: ExportAction): SessionError {
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

function startEvent({ ids, policy }: TelemetryParts, action: ExportAction, verdict: Verdict): AuditEvent {
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
    runtime: TIER,
    network: networkOf(action, { ip: null, status: null }),
  };
}

function networkOf(
  { target: { host, port, method } }: ExportAction,
  answer: { readonly ip: string | null; readonly status: number | null },
): NonNullable<AuditEvent["network"]> {
  return { host, port, method, ...answer };
}

function retryAfterOf(answer: HttpAnswer, clock: Clock): number | null {
  const text = answer.header("retry-after").trim();
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - clock.now());
}

/** Reads how many records a receiver left out (`partialSuccess`); what cannot be read counts as none. */
async function rejectedOf(answer: HttpAnswer): Promise<number> {
  if (answer.status < 200 || answer.status > 299) {
    answer.close();
    return 0;
  }
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body()) pieces.push(piece);
    const match = /"rejectedLogRecords"\s*:\s*"?([0-9]{1,9})/.exec(Buffer.concat(pieces).toString("utf8"));
    return Number(match?.[1] ?? 0);
  } catch {
    return 0;
  }
}
