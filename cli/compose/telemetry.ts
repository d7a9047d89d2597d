import { type OtlpAnswer, OtlpPump, type WriterFacts } from "../../audit/mod.ts";
import {
  type Clock,
  digestOf,
  type Keys,
  type Random,
  type Redactor,
  type SessionId,
  type Timers,
} from "../../core/mod.ts";
import type { PermitDesk, PolicyEngine } from "../../policy/mod.ts";
import { type Http, type HttpAnswer, type OutgoingRequest, targetOf } from "../../session/mod.ts";
import { VERSION } from "../version.ts";
import {
  createTelemetryGate,
  type ExportAction,
  exportAction,
  isAllowed,
  networkOf,
  refusedExport,
  TELEMETRY_TIER,
  type TelemetryGate,
  type TelemetryGateParts,
} from "./telemetry-gate.ts";

/** What the continuous export is made of. */
export interface TelemetryParts extends TelemetryGateParts {
  /** From the person's own configuration; a project's file cannot name one. */
  readonly endpoint: string;
  /** The audit folder. */
  readonly dir: string;
  readonly session: SessionId;
  /** Number of the last event before the session was opened now. */
  readonly from: number;
  readonly permits: PermitDesk;
  readonly redactor: Redactor;
  readonly http: Http;
  readonly keys: Keys;
  readonly writer: WriterFacts;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

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
  const gate = createTelemetryGate(parts, action);
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

async function post(
  parts: TelemetryParts,
  gate: TelemetryGate,
  sent: { readonly action: ExportAction; readonly body: string; readonly signal: AbortSignal },
): Promise<OtlpAnswer> {
  const { permits, ids, http, redactor, policy } = parts;
  const { action, signal } = sent;
  const intent = await gate.pass();
  const target = targetOf(action.target.url);
  // A value that became known after the event was recorded.
  const body = new TextEncoder().encode(redactor.mask(sent.body).text);
  const digest = digestOf({ form: "az/otlp/1", url: target.url.href, body: redactor.mask(sent.body).text });
  const permit = permits.mint({ call: ids.next("call"), intent, digest, tier: TELEMETRY_TIER });
  permits.spend(permit, digest, TELEMETRY_TIER);
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
  return same && isAllowed(verdict) ? Promise.resolve() : Promise.reject(refusedExport(action));
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
