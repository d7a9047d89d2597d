import { concatBytes, type HostCall, type HostReply, NO_OBLIGATIONS, type SkillActor } from "../../core/mod.ts";
import { decodeHostCall, type HostRequest } from "../../sandbox/mod.ts";
import type { ToolMock } from "../../skills/mod.ts";
import type { GateDeps } from "../deps.ts";
import type { GuestStage } from "../host-calls/guest.ts";
import { guestPath } from "../host-calls/guest-path.ts";
import { planCall } from "../host-calls/plan-call.ts";
import { createScratch } from "../host-calls/scratch.ts";
import type { Provenance } from "../provenance.ts";
import { generatedGuest } from "./generated-guest.ts";
import { openMocks } from "./mocks.ts";

/** What an example is tried with. */
export interface ExampleGround {
  readonly deps: GateDeps;
  /** The version that would be registered. */
  readonly actor: SkillActor;
  readonly provenance: Provenance;
  readonly mocks: readonly ToolMock[];
}

/**
 * Sets the stage for one example: files are read as granted, through the gate; what is written lies in memory and is gone
 * afterwards; network and secrets are what the mocks say. What would be denied in earnest is denied here.
 *
 * @param ground The gate, the tool, its mocks.
 * @returns The stage.
 */
export function exampleStage(ground: ExampleGround): GuestStage {
  const { deps, actor, provenance } = ground;
  const guest = generatedGuest(actor);
  const mocks = openMocks(ground.mocks);
  const overlay = createOverlay();
  const scratch = createScratch();

  function refusal(call: HostCall, { kind }: HostRequest): string | null {
    const plan = planCall({ deps, context: { guest, provenance }, scratch, obligations: () => NO_OBLIGATIONS }, call);
    if (plan.guard !== null) return plan.guard.failure.message;
    const { worst } = deps.policy.decideAll(plan.actions);
    // What mocks play needs no rule of the project, only that the tool declared it.
    const played = kind === "fetch" || kind === "get-secret";
    if (worst.decision !== "deny" || (played && worst.rule !== "skill.permissions")) return null;
    return `${plan.title}: ${worst.reason}`;
  }
  return {
    play(call): HostReply | undefined {
      const request = decodeHostCall(call);
      // What is no call, or none for a tool, the gate refuses and records.
      if (request === null || request.kind === "call" || request.kind === "register-tool") return undefined;
      let refused: string | null;
      try {
        refused = refusal(call, request);
      } catch {
        return undefined;
      }
      // Threat: what is denied now may be allowed a moment later, when a link has moved. What would have an effect never
      // gets as far as the gate.
      if (refused !== null) return hasEffect(request) ? denied(refused) : undefined;
      return mocks.answer(call) ?? playEffect(request, deps.plan.project, overlay);
    },
  };
}

function hasEffect({ kind }: HostRequest): boolean {
  return kind !== "read-file" && kind !== "list-dir" && kind !== "file-exists";
}

function playEffect(request: HostRequest, project: string, overlay: Overlay): HostReply | undefined {
  switch (request.kind) {
    case "fetch":
      return denied(
        'examples have no network: add a mock {"call":"http.fetch","args":[{"url":"…"}],"result":{"body":"…"}}',
      );
    case "get-secret":
      return denied('examples have no secrets: add a mock {"call":"secrets.get-secret","args":["…"],"result":"…"}');
    case "call":
    case "register-tool":
      return undefined;
    default:
      return playFile(request, project, overlay);
  }
}

type FileRequest = Exclude<HostRequest, { readonly kind: "fetch" | "get-secret" | "call" | "register-tool" }>;

function playFile(request: FileRequest, project: string, overlay: Overlay): HostReply | undefined {
  const path = guestPath(request.path, project);
  // `scratch:` is memory of the run as it is.
  if (path.root !== "workspace") return undefined;
  const { real } = path.target;
  switch (request.kind) {
    case "write-file":
      return overlay.write(real, request.data);
    case "append-file":
      return overlay.append(real, request.data);
    case "create-dir":
      return { ok: true, value: undefined };
    case "read-file":
      return overlay.read(real);
    case "file-exists":
      return overlay.has(real) ? { ok: true, value: true } : undefined;
    case "list-dir":
      return undefined;
    default:
      return request satisfies never;
  }
}

interface Overlay {
  write(path: string, data: Uint8Array): HostReply;
  append(path: string, data: Uint8Array): HostReply;
  read(path: string): HostReply | undefined;
  has(path: string): boolean;
}

const MAX_BYTES = 32 * 1024 * 1024;

function createOverlay(): Overlay {
  const files = new Map<string, Uint8Array | null>();
  let used = 0;
  function keep(path: string, data: Uint8Array | null, added: number): HostReply {
    used += added;
    if (used > MAX_BYTES) return { ok: false, error: { tag: "exhausted", val: "an example writes at most 32 MiB" } };
    files.set(path, data);
    return { ok: true, value: undefined };
  }
  return {
    write: (path, data) => keep(path, data.slice(), data.length),
    append(path, data): HostReply {
      const before = files.get(path);
      // What stands on the disk is not looked at for this: `null` says that only the end is known.
      if (before === undefined || before === null) return keep(path, null, data.length);
      return keep(path, concatBytes([before, data]), data.length);
    },
    read(path): HostReply | undefined {
      const data = files.get(path);
      if (data === undefined) return undefined;
      if (data !== null) return { ok: true, value: data.slice() };
      return { ok: false, error: { tag: "failed", val: "an example cannot read what it has appended to a file" } };
    },
    has: (path) => files.has(path),
  };
}

function denied(why: string): HostReply {
  return { ok: false, error: { tag: "denied", val: why } };
}
