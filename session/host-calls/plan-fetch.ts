import { type AtomicAction, expandHandle, formatSlot, joinLabels, parseSlot } from "../../core/mod.ts";
import type { HostHttpRequest } from "../../sandbox/mod.ts";
import type { GateDeps } from "../deps.ts";
import type { HttpSpec } from "../http.ts";
import { checkHeaders, headerOfSlot, withUsualHeaders } from "../http/headers.ts";
import { networkTarget, requestSecret } from "../http/request-targets.ts";
import { targetOf } from "../http/target.ts";
import { METHODS, previewOf } from "../tools/fetch.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import { guestAction, type GuestContext } from "./host-actions.ts";
import type { HostPlan, Taken } from "./host-plan.ts";
import { faultOf, maskBytes } from "./plan-file-read.ts";
import { HostFault, TooLarge } from "./reply.ts";

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * Plans `fetch` of a guest: the request and, where it names a secret, its delivery. The value is put in outside the
 * guest; redirects are answers, so that each hop is a call of its own.
 *
 * @param deps The gate's wiring.
 * @param context The guest.
 * @param request The request as the guest wrote it.
 * @returns Actions, handles, effect and value.
 * @throws {HostFault} `invalid` for what is no request.
 */
export function planFetch(
  deps: GateDeps,
  context: GuestContext,
  request: HostHttpRequest,
): Pick<HostPlan, "actions" | "handles" | "prepare" | "take" | "title"> {
  const target = targetOf(request.url);
  const spec = specOf(request, target.url.href);
  const { provenance } = context;
  const network = networkTarget(target, spec.method);
  const words = [target.url.origin, ...(spec.method === "GET" ? [] : [spec.method])];
  const tainted = words.some((word) => provenance.tainted([word]));
  // Whatever the guest has read, and whatever shaped its input, may stand in the address or the body.
  const seen = joinLabels([provenance.label]).classes;
  const actions: AtomicAction[] = [
    guestAction(context, "network_request", {
      target: network,
      classes: [...new Set([...seen, ...deps.plan.classify(network)])],
      tainted,
    }),
  ];
  if (spec.secret !== null) {
    actions.push(guestAction(context, "secret_handle_usage", {
      target: requestSecret(target, spec.secret),
      classes: ["secret"],
      tainted,
    }));
  }
  return {
    title: `Fetch ${spec.method} ${spec.url.length > 160 ? `${spec.url.slice(0, 157).toWellFormed()}...` : spec.url}`,
    actions,
    handles: spec.secret === null ? [] : [spec.secret.handle],
    prepare: () =>
      Promise.resolve(shownAsText({ backend: "http", spec, present: () => unpresented("http") }, previewOf(spec))),
    async take(ran): Promise<Taken> {
      if (!ran.outcome.ok) throw faultOf(ran.outcome);
      if (ran.backend !== "http" || ran.outcome.value.raw === undefined) {
        throw new HostFault("failed", "Cannot read the answer: it came from another tier");
      }
      const { status, truncated, raw } = ran.outcome.value;
      if (truncated) throw new TooLarge(MAX_BODY_BYTES);
      const body = await maskBytes(deps.redactor, raw.body, { redact: [], shown: spec.url });
      const headers = raw.headers.map(([name, value]) => [name, deps.redactor.mask(value).text] as const);
      return {
        reply: { ok: true, value: { status, headers, body: body.bytes } },
        bytes: body.bytes.length,
        redactions: body.redactions,
        classes: [],
      };
    },
  };
}

function specOf(request: HostHttpRequest, url: string): HttpSpec {
  const method = METHODS.find((name) => name === request.method);
  if (method === undefined) {
    throw new HostFault("invalid", `Cannot fetch: "${request.method.slice(0, 20)}" is not one of ${METHODS.join(" ")}`);
  }
  const body = request.body ?? null;
  if (body !== null && body.length > 0 && (method === "GET" || method === "HEAD")) {
    throw new HostFault("invalid", `Cannot fetch: ${method} takes no body`);
  }
  const headers = checkHeaders(request.headers);
  const secret = request.secret === undefined
    ? null
    : { handle: expandHandle(request.secret.handle), inject: slotOf(request.secret.placement) };
  const slot = secret === null ? null : headerOfSlot(secret.inject);
  if (secret !== null && (slot === null || headers.some(([name]) => name === slot))) {
    throw new HostFault("invalid", "Cannot fetch: the place of the secret is none, or is filled already");
  }
  return {
    kind: "http",
    method,
    url,
    headers: withUsualHeaders(headers),
    body: body === null || body.length === 0 ? null : body,
    secret,
    maxBytes: MAX_BODY_BYTES,
    timeoutMs: TIMEOUT_MS,
    maxRedirects: 0,
    raw: true,
  };
}

/** The one spelling of a slot, so that it compares with the binding's and the permission's. */
function slotOf(placement: NonNullable<HostHttpRequest["secret"]>["placement"]): string {
  const text = placement.tag === "bearer" ? "bearer" : `${placement.tag}:${placement.val}`;
  return formatSlot(parseSlot(text));
}
