import { type AtomicAction, digestOf, SecretBytes } from "../../core/mod.ts";
import type { SourceAnswer, SourceNet, SourceRequest } from "../../skills/mod.ts";
import type { CallFailure } from "../call.ts";
import type { GateDeps } from "../deps.ts";
import { mint, spender } from "../effects.ts";
import { SessionError, type SessionErrorCode } from "../errors.ts";
import type { Credential, Http, HttpAnswer } from "../http.ts";
import { type HttpTarget, targetOf } from "../http/target.ts";
import { startWatch } from "../http/watch.ts";
import { beginAct, type OpenAct } from "./act.ts";
import { admitAddress } from "./admit-address.ts";
import { networkAction, secretAction, secretFor, type SourceCredential } from "./source-actions.ts";
import { withRuleHint } from "./with-rule-hint.ts";

/** What requests of a source are sent with. */
export interface SourceNetOptions {
  /** The network adapter. */
  readonly http: Http;
  /** What is done, e.g. `skill install`. */
  readonly tool: string;
  /** Cancels what is under way. */
  readonly signal: AbortSignal;
  /** A credential for one origin and no other, or `null`. */
  readonly credential: SourceCredential | null;
  /** Deadlines in ms; for tests. */
  readonly patience?: Readonly<Partial<Record<"connectMs" | "firstByteMs" | "silenceMs" | "totalMs", number>>>;
}

const PATIENCE = { connectMs: 10_000, firstByteMs: 60_000, silenceMs: 30_000, totalMs: 60_000 };
/** Slower than this is a peer that holds us up. */
const BYTES_PER_MS = 64;
const USER_AGENT = ["user-agent", "agentzero"] as const;

/**
 * Creates the way of sources to the network: each request is decided, recorded and, where policy asks, asked about.
 *
 * @param deps The gate's wiring.
 * @param options Network adapter, name in the record, credential.
 * @returns The port of `skills`.
 */
export function createSourceNet(deps: GateDeps, options: SourceNetOptions): SourceNet {
  return {
    send: (request) => send(deps, options, request),
    // Threat: a token in a record, a question or an error.
    keepSecret: (value) => deps.redactor.add({ bytes: value, handle: null, class: "credential" }),
    allows({ method, url }): boolean {
      const action = networkAction(deps, targetOf(url), method);
      return deps.policy.decide(action).decision === "allow";
    },
  };
}

async function send(deps: GateDeps, options: SourceNetOptions, request: SourceRequest): Promise<SourceAnswer> {
  const target = targetOf(request.url);
  const secret = secretFor(options.credential, request, target);
  const network = networkAction(deps, target, request.method);
  const actions = [network, ...(secret === null ? [] : [secretAction(target, secret)])];
  const act = await beginAct(deps, {
    tool: options.tool,
    title: `Send ${request.method} ${target.url.href.slice(0, 200)}`,
    tier: "host-supervised",
    actions,
    handles: secret === null ? [] : [secret.handle],
    bytesIn: request.body?.length ?? 0,
  });
  const of = { tool: options.tool, target, secret };
  if (act.failure !== null) throw errorOf(withRuleHint(act.failure, of));
  const preview = { kind: "text", text: previewOf(request, secret) } as const;
  const refused = await act.ask(preview, options.signal);
  if (refused !== null) throw errorOf(withRuleHint(refused, of));
  try {
    const answer = await transmit({ deps, options, act, network, secret, target }, request);
    const failed = await act.end(null, answer.bytes.length);
    if (failed !== null) throw errorOf(failed);
    return answer;
  } catch (cause) {
    const failure = cause instanceof SessionError
      ? { code: cause.code, message: cause.message, hint: cause.hint ?? null }
      : { code: "HTTP_FAILED", message: "Cannot send: the request failed", hint: null };
    await act.end(failure, 0);
    throw cause;
  }
}

interface Transmission {
  readonly deps: GateDeps;
  readonly options: SourceNetOptions;
  readonly act: OpenAct;
  readonly network: AtomicAction;
  readonly secret: SourceCredential | null;
  readonly target: HttpTarget;
}

async function transmit(way: Transmission, request: SourceRequest): Promise<SourceAnswer> {
  const { deps, options, act, network, secret, target } = way;
  const limits = { ...PATIENCE, ...options.patience };
  const digest = digestOf({
    kind: "source",
    method: request.method,
    url: target.url.href,
    bytes: request.body?.length ?? 0,
    secret: secret === null ? null : { handle: secret.handle, inject: secret.inject },
    as: request.as?.kind ?? null,
  });
  const tier = "host-supervised";
  const permit = mint(deps, { call: deps.ids.next("call"), intent: act.intent ?? 0 }, { digest, tier });
  spender(deps).spend(permit, digest, tier);
  // Nothing is connected to before it is known that the value may go there.
  const credential = await credentialFor(way, permit, request.as);
  const watch = startWatch(deps.timers, options.signal);
  // Threat: an answer that never ends, a byte at a time.
  const totalMs = limits.totalMs + Math.ceil((request.maxBytes + (request.body?.length ?? 0)) / BYTES_PER_MS);
  watch.arm(
    totalMs,
    () => new SessionError("LIMIT_TIME", `Cannot read from ${target.host}: no end after ${totalMs} ms`),
  );
  try {
    const answer = await options.http.exchange(
      { method: request.method, target, headers: [USER_AGENT, ...request.headers], body: request.body, hop: 0 },
      {
        signal: watch.signal,
        limits: { ...limits, maxBytes: Number.MAX_SAFE_INTEGER, maxLineBytes: null },
        loopbackOnly: false,
        admit: (outgoing) => admitAddress(deps, network, outgoing),
        credential: () => Promise.resolve(credential),
      },
    );
    return { ...await readAll(answer, request.maxBytes), status: answer.status, header: (name) => answer.header(name) };
  } catch (cause) {
    throw watch.signal.aborted && watch.signal.reason instanceof SessionError ? watch.signal.reason : cause;
  } finally {
    watch.close();
  }
}

async function readAll(answer: HttpAnswer, maxBytes: number): Promise<Pick<SourceAnswer, "bytes" | "truncated">> {
  const pieces: Uint8Array[] = [];
  let room = maxBytes;
  for await (const piece of answer.body()) {
    if (piece.length > room) {
      pieces.push(piece.subarray(0, room));
      return { bytes: Buffer.concat(pieces), truncated: true };
    }
    pieces.push(piece);
    room -= piece.length;
  }
  return { bytes: Buffer.concat(pieces), truncated: false };
}

async function credentialFor(
  { deps, network, secret, target }: Transmission,
  permit: Parameters<GateDeps["secrets"]["reveal"]>[0],
  as: SourceRequest["as"],
): Promise<Credential | null> {
  if (as?.kind === "token") {
    // The transport wipes what it gets: it gets a copy.
    return {
      inject: "bearer",
      format: null,
      reveal: () => Promise.resolve(new SecretBytes(as.token.use((bytes) => bytes.slice()))),
    };
  }
  if (secret === null || network.target.kind !== "network") return null;
  const { method, scheme } = network.target;
  const found = await deps.findBinding(secret.handle, {
    slot: secret.inject,
    tool: "skill",
    skill: null,
    command: null,
    origin: { scheme, host: target.host, port: target.port },
    method,
    provider: null,
  });
  if (!found.ok) throw errorOf(found.failure);
  return { inject: secret.inject, format: found.format, reveal: () => deps.secrets.reveal(permit, secret.handle) };
}

function previewOf(request: SourceRequest, secret: SourceCredential | null): string {
  const lines = [`${request.method} ${request.url}`];
  if (secret !== null) lines.push(`secret: ${secret.handle} as ${secret.inject}`);
  if (request.body !== null && request.body.length > 0) lines.push(`${request.body.length} bytes`);
  return lines.join("\n");
}

function errorOf({ code, message, hint }: CallFailure): SessionError {
  return new SessionError(KNOWN.find((known) => known === code) ?? "POLICY_DENY", message, { hint: hint ?? undefined });
}

const KNOWN: readonly SessionErrorCode[] = [
  "APPROVAL_CHANGED",
  "APPROVAL_NOBODY",
  "APPROVAL_RATE",
  "APPROVAL_REFUSED",
  "APPROVAL_TIMEOUT",
  "AUDIT_UNWRITABLE",
  "CANCELLED",
  "POLICY_DEFAULT",
  "POLICY_DENY",
  "SECRET_PLACE",
  "SECRET_UNBOUND",
];
