import { type AtomicAction, formatSlot, parseSlot, shape } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import type { HttpSpec, HttpValue } from "../http.ts";
import { checkHeaders, headerOfSlot, withUsualHeaders } from "../http/headers.ts";
import { networkTarget, requestSecret } from "../http/request-targets.ts";
import { type HttpTarget, targetOf } from "../http/target.ts";
import type { Provenance } from "../provenance.ts";
import { shownAsText } from "./present.ts";
import { defineTool, type Presented, type Tool } from "./tool.ts";
import { decodeText } from "./write-effect.ts";

/** The methods that may be asked for. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const MAX_KEPT_BYTES = 2 * 1_048_576;
const TIMEOUT_MS = 120_000;
const MAX_REDIRECTS = 5;

const ARGS = shape.object({
  url: shape.string({ min: 1 }),
  method: shape.optional(shape.oneOf(...METHODS)),
  headers: shape.optional(shape.record(shape.string(), shape.string())),
  body: shape.optional(shape.string()),
  secret: shape.optional(shape.object({ handle: shape.string(), as: shape.string() })),
});

type FetchArgs = shape.Output<typeof ARGS>;

/** Fetches one URL; every origin is decided by policy, redirects and addresses included. */
export const fetchTool: Tool = defineTool({
  name: "fetch",
  description: "Sends one HTTP request to a host that policy allows and returns the status and the body as text. " +
    "Each redirect is decided like a request of its own. Credentials go by `secret` only: a handle, and where it goes " +
    "(`bearer`, `basic:USER`, `header:NAME`).",
  trust: "network",
  readOnly: false,
  args: ARGS,
  plan(args, context) {
    const target = targetOf(args.url);
    const spec = specOf(args, target);
    const tainted = isTainted(args, target, context.provenance);
    const network = networkTarget(target, spec.method);
    return {
      title: `Fetch ${spec.method} ${clipped(spec.url, 160)}`,
      tier: "host-supervised",
      actions: [
        {
          capability: "network_request",
          target: network,
          // Whatever the proposer has seen may stand in the address or the body.
          classes: [...new Set([...context.provenance.label.classes, ...context.classify(network)])],
          tier: "host-supervised",
          tainted,
          skill: null,
        },
        ...secretAction(spec, target, tainted),
      ],
      handles: spec.secret === null ? [] : [spec.secret.handle],
      prepare: () => Promise.resolve(shownAsText({ backend: "http", spec, present }, previewOf(spec))),
    };
  },
});

function specOf(args: FetchArgs, target: HttpTarget): HttpSpec {
  const method = args.method ?? "GET";
  if (args.body !== undefined && (method === "GET" || method === "HEAD")) {
    throw new SessionError("ARGS_INVALID", `Cannot fetch: ${method} takes no body`, {
      hint: 'give `"method": "POST"`',
    });
  }
  const headers = checkHeaders(Object.entries(args.headers ?? {}));
  const secret = args.secret === undefined ? null : { handle: args.secret.handle, inject: slotName(args.secret.as) };
  const slot = secret === null ? null : headerOfSlot(secret.inject);
  if (secret !== null && slot === null) {
    throw new SessionError("ARGS_INVALID", `Cannot fetch: "${clipped(secret.inject, 40)}" is no place for a secret`, {
      hint: "use bearer, basic:USER or header:NAME",
    });
  }
  if (slot !== null && headers.some(([name]) => name === slot)) {
    throw new SessionError("ARGS_INVALID", `Cannot fetch: header "${slot}" is given and also filled by the secret`);
  }
  return {
    kind: "http",
    method,
    url: target.url.href,
    headers: withUsualHeaders(headers),
    body: args.body?.toWellFormed() ?? null,
    secret,
    maxBytes: MAX_KEPT_BYTES,
    timeoutMs: TIMEOUT_MS,
    maxRedirects: MAX_REDIRECTS,
  };
}

/** The one spelling of a slot, so that it compares with the binding's. */
function slotName(as: string): string {
  return formatSlot(parseSlot(as));
}

/** Origin, method and secret decide where a request goes and with which power; the rest of it is content. */
function isTainted(args: FetchArgs, target: HttpTarget, provenance: Provenance): boolean {
  const { origin, host } = target.url;
  // "docs.example.com" is what people type; only the usual scheme may be added to it.
  const named = !provenance.tainted([origin]) || (target.scheme === "https" && !provenance.tainted([host]));
  const others: string[] = args.method === undefined || args.method === "GET" ? [] : [args.method];
  if (args.secret !== undefined) others.push(args.secret.handle, args.secret.as);
  return !named || others.some((word) => provenance.tainted([word]));
}

function secretAction(spec: HttpSpec, target: HttpTarget, tainted: boolean): readonly AtomicAction[] {
  if (spec.secret === null) return [];
  return [{
    capability: "secret_handle_usage",
    target: requestSecret(target, spec.secret),
    classes: ["secret"],
    tier: "host-supervised",
    tainted,
    skill: null,
  }];
}

/**
 * Writes what a person is shown of a request.
 *
 * @param spec The request.
 * @returns Lines, not masked.
 */
export function previewOf(spec: HttpSpec): string {
  const lines = [`${spec.method} ${spec.url}`, ...spec.headers.map(([name, value]) => `${name}: ${value}`)];
  if (spec.secret !== null) lines.push(`secret: ${spec.secret.handle} as ${spec.secret.inject}`);
  if (spec.body !== null) {
    lines.push("", typeof spec.body === "string" ? spec.body : decodeText(spec.body) ?? `${spec.body.length} bytes`);
  }
  return lines.join("\n");
}

function present(value: HttpValue): Presented {
  const type = value.contentType === "" ? "no content type" : value.contentType;
  const head = [
    `HTTP ${value.status}, ${type}, ${value.bytes} bytes`,
    ...value.hops.map((hop) => `redirected (${hop.status}) to ${hop.url}`),
  ];
  const body = value.text ?? (value.bytes === 0 ? "" : `binary data, ${value.sha256}`);
  return {
    output: body === "" ? head.join("\n") : `${head.join("\n")}\n\n${body}`,
    truncated: value.truncated,
    sources: [clipped(new URL(value.url).origin, 160)],
    classes: value.text === null && value.bytes > 0 ? ["unknown"] : [],
    error: null,
  };
}

function clipped(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 3).toWellFormed()}...` : text;
}
