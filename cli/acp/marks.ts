import type { AuditStamp } from "../../audit/mod.ts";

const TRACE = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;
const CORRELATION = /^[\x20-\x7e]{1,64}$/;

/**
 * Reads the two things of `_meta` that count: a `traceparent` (W3C Trace Context, level 1) and an id of the client's own,
 * `agentzero/correlation`. They go into the record and nowhere else; all other keys are dropped.
 *
 * @param params Parameters of a request, as the client sent them.
 * @returns What is well-formed; nothing of it is ever an error.
 */
export function readMarks(params: unknown): AuditStamp {
  const meta = typeof params === "object" && params !== null ? fieldOf(params, "_meta") : null;
  if (typeof meta !== "object" || meta === null) return {};
  const [, traceId, spanId] = TRACE.exec(textOf(meta, "traceparent")) ?? [];
  const correlation = textOf(meta, "agentzero/correlation");
  return {
    ...(traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId }),
    ...(CORRELATION.test(correlation) ? { correlation } : {}),
  };
}

function textOf(meta: object, key: string): string {
  const value = fieldOf(meta, key);
  return typeof value === "string" ? value : "";
}

function fieldOf(value: object, key: string): unknown {
  return Object.entries(value).find(([name]) => name === key)?.[1];
}
