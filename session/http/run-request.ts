import {
  AgentZeroError,
  type Digest,
  digestOf,
  type Notice,
  type Outcome,
  type Permit,
  sha256,
} from "../../core/mod.ts";
import { specDigest } from "../../sandbox/mod.ts";
import { SessionError } from "../errors.ts";
import type { Credential, HttpAnswer, HttpLimits } from "../http.ts";
import type { HttpBackendDeps } from "./backend.ts";
import { HttpFault } from "./fault.ts";
import { checkHeaders, headerOfSlot } from "./headers.ts";
import { redirectOf, type Step } from "./redirect.ts";
import type { Admission, HttpIo, HttpSpec, HttpValue } from "./spec.ts";
import { targetOf } from "./target.ts";
import { textOf } from "./text-of.ts";
import { startWatch } from "./watch.ts";

const PATIENCE: Omit<HttpLimits, "maxBytes"> = {
  connectMs: 10_000,
  firstByteMs: 60_000,
  silenceMs: 30_000,
  maxLineBytes: null,
};

/**
 * Sends the request of a permit, redirects included; never throws.
 *
 * @param deps Network adapter, clock, timers.
 * @param asked The permit, the request it is good for, and who decides as it happens.
 * @returns What came back; `started: false` means that nothing was sent.
 */
export async function runRequest(
  deps: HttpBackendDeps,
  asked: { readonly permit: Permit; readonly spec: HttpSpec; readonly io: HttpIo },
): Promise<Outcome<HttpValue>> {
  const begun = deps.clock.mono();
  const profile = digestOf({ form: "az/http/1", tls: "1.2", proxy: false, redirects: "decided" });
  const run: Run = { deps, ...asked, notices: [], sent: false, bytes: 0 };
  const outcome = await settle(run);
  return { ...outcome, ...factsOf(run, begun, profile) };
}

interface Run {
  readonly deps: HttpBackendDeps;
  readonly spec: HttpSpec;
  readonly io: HttpIo;
  readonly permit: Permit;
  readonly notices: Notice[];
  /** `true` once a request may have left. */
  sent: boolean;
  bytes: number;
}

function factsOf(
  run: Run,
  begun: number,
  profile: Digest,
): Pick<Outcome<never>, "started" | "ms" | "profile" | "usage" | "notices"> {
  return {
    started: run.sent,
    ms: Math.max(0, Math.round(run.deps.clock.mono() - begun)),
    profile,
    usage: { outputBytes: run.bytes, memoryBytes: null },
    notices: run.notices,
  };
}

type Settled = { readonly ok: true; readonly value: HttpValue } | {
  readonly ok: false;
  readonly code: string;
  readonly reason: string;
  readonly hint: string | null;
};

async function settle(run: Run): Promise<Settled> {
  const { deps, spec, io } = run;
  try {
    // Threat: a request that is not what was decided. Nothing else comes before this line.
    io.permits.spend(run.permit, specDigest(spec), "host-supervised");
  } catch (cause) {
    return failed(cause, "PERMIT_INVALID", "Cannot fetch: its permit was refused");
  }
  const watch = startWatch(deps.timers, io.signal);
  watch.arm(spec.timeoutMs, () => new SessionError("LIMIT_TIME", `Cannot fetch: no end after ${spec.timeoutMs} ms`));
  try {
    return { ok: true, value: await follow(run, watch.signal) };
  } catch (cause) {
    const late: unknown = watch.signal.aborted ? watch.signal.reason : cause;
    return failed(late, "HTTP_FAILED", "Cannot fetch: the request failed");
  } finally {
    watch.close();
  }
}

function failed(cause: unknown, code: string, reason: string): Settled {
  return cause instanceof AgentZeroError
    ? { ok: false, code: cause.code, reason: cause.message, hint: cause.hint ?? null }
    : { ok: false, code, reason, hint: null };
}

async function follow(run: Run, signal: AbortSignal): Promise<HttpValue> {
  const { spec } = run;
  let step: Step = {
    method: spec.method,
    target: targetOf(spec.url),
    headers: checkHeaders(spec.headers),
    body: typeof spec.body === "string" ? Buffer.from(spec.body, "utf8") : spec.body,
  };
  const hops: { status: number; url: string }[] = [];
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each redirect depends on the one before
    const answer = await sendStep(run, step, { hop: hops.length, signal });
    const next = spec.maxRedirects === 0 ? null : redirectOf(answer, step);
    // oxlint-disable-next-line no-await-in-loop -- the last one
    if (next === null) return await valueOf(run, answer, { url: step.target.url.href, hops });
    answer.close();
    if (hops.length >= spec.maxRedirects) {
      throw new HttpFault("protocol", `fetch ${step.target.host}`, `more than ${spec.maxRedirects} redirects`);
    }
    hops.push({ status: answer.status, url: next.target.url.href });
    step = next;
  }
}

async function sendStep(
  run: Run,
  step: Step,
  at: { readonly hop: number; readonly signal: AbortSignal },
): Promise<HttpAnswer> {
  const { spec, io, deps } = run;
  let admission: Admission = { secret: null };
  return await deps.http.exchange({ ...step, hop: at.hop }, {
    signal: at.signal,
    limits: { ...PATIENCE, maxBytes: Number.MAX_SAFE_INTEGER },
    loopbackOnly: false,
    async admit(request) {
      admission = await io.admitRequest(request);
    },
    credential() {
      // After the last decision something may leave.
      run.sent = true;
      return Promise.resolve(credentialFor(run, spec, { admission, step, hop: at.hop }));
    },
  });
}

function credentialFor(
  run: Run,
  spec: HttpSpec,
  at: { readonly admission: Admission; readonly step: Step; readonly hop: number },
): Credential | null {
  const { secret } = spec;
  if (secret === null) return null;
  const slot = at.admission.secret;
  if (slot === null) {
    // Threat: a redirect that carries the key to another place. A first request without its key is not what was decided.
    if (at.hop > 0) {
      run.notices.push({
        code: "SECRET_DROPPED",
        text: `the secret did not follow the redirect to ${at.step.target.host}`,
      });
      return null;
    }
    throw new SessionError("SECRET_UNBOUND", `Cannot fetch: ${secret.handle} is not bound to ${at.step.target.host}`);
  }
  if (slot.inject !== secret.inject) {
    throw new SessionError(
      "SECRET_PLACE",
      `Cannot fetch: ${secret.handle} is bound as "${slot.inject}", not "${secret.inject}"`,
    );
  }
  const name = headerOfSlot(slot.inject);
  if (at.step.headers.some(([given]) => given === name)) {
    throw new SessionError(
      "ARGS_INVALID",
      `Cannot fetch: header "${name ?? ""}" is given and also filled by the secret`,
    );
  }
  return { ...slot, reveal: () => run.io.secrets.reveal(run.permit, secret.handle) };
}

async function valueOf(
  run: Run,
  answer: HttpAnswer,
  from: { readonly url: string; readonly hops: HttpValue["hops"] },
): Promise<HttpValue> {
  const { maxBytes } = run.spec;
  const pieces: Uint8Array[] = [];
  let truncated = false;
  for await (const piece of answer.body()) {
    const room = maxBytes - run.bytes;
    pieces.push(piece.length > room ? piece.subarray(0, room) : piece);
    run.bytes += Math.min(piece.length, room);
    truncated = piece.length > room;
    if (truncated) break;
  }
  const body = Buffer.concat(pieces);
  const contentType = answer.header("content-type").slice(0, 200);
  return {
    status: answer.status,
    url: from.url,
    hops: from.hops,
    address: answer.address,
    contentType,
    bytes: body.length,
    truncated,
    text: textOf(body, contentType, truncated),
    sha256: sha256(body),
    ...(run.spec.raw === true ? { raw: { headers: answer.headers(), body } } : {}),
  };
}
