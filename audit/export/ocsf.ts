import type { AuditEvent } from "../event.ts";
import type { StoredEvent } from "../read-session.ts";
import type { Exporter, ExportOrigin } from "./exporter.ts";

/** Version of the Open Cybersecurity Schema Framework that the events follow. */
export const OCSF_VERSION = "1.5.0";

interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: number;
  readonly activity: number;
}

const API: OcsfClass = { uid: 6003, name: "API Activity", category: 6, activity: 99 };
const HTTP_ACTIVITIES: Readonly<Record<string, number>> = {
  CONNECT: 1,
  DELETE: 2,
  GET: 3,
  HEAD: 4,
  OPTIONS: 5,
  POST: 6,
  PUT: 7,
  TRACE: 8,
  PATCH: 9,
};

/** Writes events as OCSF, one JSON object a line. */
export function ocsfExporter(origin: ExportOrigin): Exporter {
  // A result carries no capability of its own: it belongs to the class of its intent.
  const classes = new Map<string, OcsfClass>();
  return {
    begin: () => "",
    event(stored) {
      const { event } = stored;
      if (event === null) return "";
      const id = event.execution_id ?? event.call;
      const known = id == null ? undefined : classes.get(id);
      const ocsfClass = known ?? classOf(event);
      if (id != null && event.event === "intent") classes.set(id, ocsfClass);
      if (id != null && event.event === "result") classes.delete(id);
      return `${JSON.stringify(toOcsf({ stored, event, ocsfClass, origin }))}\n`;
    },
    end: () => "",
  };
}

function classOf(event: AuditEvent): OcsfClass {
  if (event.event === "secret.leak") return { uid: 2004, name: "Detection Finding", category: 2, activity: 1 };
  if (event.event.startsWith("policy.") || event.event.endsWith(".change")) {
    return { uid: 5019, name: "Device Config State Change", category: 5, activity: 1 };
  }
  switch (event.capability) {
    case "file_read":
      return { uid: 1001, name: "File System Activity", category: 1, activity: 2 };
    case "file_write":
      return { uid: 1001, name: "File System Activity", category: 1, activity: 3 };
    case "shell_command":
      return { uid: 1007, name: "Process Activity", category: 1, activity: 1 };
    case "network_request": {
      const activity = HTTP_ACTIVITIES[event.network?.method?.toUpperCase() ?? ""] ?? 99;
      return { uid: 4002, name: "HTTP Activity", category: 4, activity };
    }
    default:
      return API;
  }
}

function toOcsf(
  { stored, event, ocsfClass, origin }: {
    readonly stored: StoredEvent;
    readonly event: AuditEvent;
    readonly ocsfClass: OcsfClass;
    readonly origin: ExportOrigin;
  },
): unknown {
  const denied = isDenied(event);
  return {
    class_uid: ocsfClass.uid,
    class_name: ocsfClass.name,
    category_uid: ocsfClass.category,
    activity_id: ocsfClass.activity,
    type_uid: ocsfClass.uid * 100 + ocsfClass.activity,
    time: stored.ts,
    severity_id: event.event === "secret.leak" ? 4 : denied === true ? 3 : 1,
    status_id: statusOf(event),
    status_code: event.result?.error?.code ?? undefined,
    status_detail: event.reason ?? event.result?.error?.message ?? undefined,
    duration: event.result?.ms ?? undefined,
    action_id: denied === null ? 0 : denied ? 2 : 1,
    disposition_id: denied === null ? 0 : denied ? 2 : 1,
    message: `agentzero.${event.event}`,
    metadata: {
      version: OCSF_VERSION,
      product: { name: "AgentZero", vendor_name: "AgentZero", version: origin.version },
      uid: `${stored.session}:${stored.seq}`,
      sequence: stored.seq,
      correlation_uid: event.execution_id ?? event.call ?? event.correlation ?? undefined,
      trace_uid: event.trace_id ?? undefined,
      span_uid: event.span_id ?? undefined,
    },
    actor: {
      user: { uid: event.actor?.uid == null ? undefined : String(event.actor.uid), type_id: 1 },
      session: { uid: stored.session },
      app_name: event.actor?.front == null ? "agentzero" : `agentzero ${event.actor.front}`,
    },
    policy: event.rule == null
      ? undefined
      : { uid: event.policy ?? undefined, name: event.rule, group: { name: event.layer ?? undefined } },
    ...detailsOf(event, ocsfClass, stored),
    unmapped: {
      decision: event.decision ?? undefined,
      classification: event.classification ?? undefined,
      capability: event.capability ?? undefined,
      runtime: event.runtime ?? undefined,
      tainted: event.tainted ?? undefined,
      approval: event.approval ?? undefined,
      secret_handles: event.secret_handles ?? undefined,
      redactions: event.redactions ?? undefined,
    },
  };
}

/** What each class requires besides. */
function detailsOf(event: AuditEvent, ocsfClass: OcsfClass, stored: StoredEvent): Readonly<Record<string, unknown>> {
  const target = event.actions?.[0]?.target ?? "";
  const device = { type_id: 0, uid: stored.session };
  switch (ocsfClass.uid) {
    case 1001:
      return { device, file: { name: target.slice(target.lastIndexOf("/") + 1), path: target, type_id: 0 } };
    case 1007:
      return { device, process: { cmd_line: target, name: target.split(" ", 1)[0] ?? "" } };
    case 4002:
      return {
        http_request: { http_method: event.network?.method ?? undefined, url: { url_string: target } },
        http_response: event.network?.status == null ? undefined : { code: event.network.status },
        dst_endpoint: {
          hostname: event.network?.host ?? undefined,
          ip: event.network?.ip ?? undefined,
          port: event.network?.port ?? undefined,
        },
      };
    case 2004:
      return { finding_info: { uid: `${stored.session}:${stored.seq}`, title: "Secret value stopped on its way out" } };
    case 5019:
      return { device, config_change_data: event.reason ?? undefined };
    default:
      return { api: { operation: event.tool ?? event.action ?? event.event }, src_endpoint: { name: "localhost" } };
  }
}

/** `null` where nothing was decided. */
function isDenied(event: AuditEvent): boolean | null {
  if (event.event === "approval") return event.approval?.answer !== "allow";
  if (event.event === "secret.leak" || event.result?.status === "denied") return true;
  if (event.event === "result") return false;
  // A question is neither: its answer is an event of its own.
  if (event.decision == null || event.decision === "requires_approval") return null;
  return event.decision === "deny";
}

function statusOf(event: AuditEvent): number {
  if (event.result?.status == null) return 0;
  return event.result.status === "ok" ? 1 : 2;
}
