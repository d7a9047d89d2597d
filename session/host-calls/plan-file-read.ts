import type { AtomicAction, Obligations, PathTarget, Redaction, Redactor } from "../../core/mod.ts";
import type { GateDeps } from "../deps.ts";
import type { EffectOutcome } from "../effects.ts";
import { decodeText } from "../tools/write-effect.ts";
import { shortPath } from "../tools/file-action.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import type { Effect } from "../tools/tool.ts";
import type { GuestContext } from "./host-actions.ts";
import type { HostPlan, Taken } from "./host-plan.ts";
import { HostFault, replyOfFailure, TooLarge } from "./reply.ts";

/** What a reading call is planned from. */
export interface FileReading {
  readonly deps: GateDeps;
  readonly context: GuestContext;
  readonly action: AtomicAction & { readonly target: PathTarget };
  /** The path as the guest may be told it. */
  readonly shown: string;
  /** Joined over all decided actions; known once they are decided. */
  obligations(): Obligations;
}

/**
 * Plans `read-file` of a file of the project.
 *
 * @param reading Whose call, what it names.
 * @returns Effect and value of the plan.
 */
export function planRead(reading: FileReading): Pick<HostPlan, "prepare" | "take" | "title"> {
  const { deps, action, shown } = reading;
  const most = deps.plan.limits.readBytes;
  return {
    title: `Read ${shortPath(deps.plan.project, action.target.real)}`,
    prepare: () => Promise.resolve(shownAsText(stateEffect(action.target.real, most), `read ${shown}`)),
    async take(ran): Promise<Taken> {
      const { exists, kind, bytes } = stateOf(ran);
      if (!exists) throw new HostFault("not-found", `Cannot read "${shown}": there is no such file`);
      if (kind === "directory") throw new HostFault("invalid", `Cannot read "${shown}": it is a folder`);
      if (kind !== "file") throw new HostFault("denied", `Cannot read "${shown}": it is a ${kind}`);
      if (bytes === null) throw new TooLarge(most);
      const { max_bytes } = reading.obligations();
      if (max_bytes !== null && bytes.length > max_bytes) throw new TooLarge(max_bytes);
      const masked = await maskRead(reading, bytes);
      return {
        reply: { ok: true, value: masked.bytes },
        bytes: masked.bytes.length,
        redactions: masked.redactions,
        classes: [],
      };
    },
  };
}

/**
 * Plans `file-exists` of a path of the project.
 *
 * @param reading Whose call, what it names.
 * @returns Effect and value of the plan.
 */
export function planExists(reading: FileReading): Pick<HostPlan, "prepare" | "take" | "title"> {
  const { deps, action, shown } = reading;
  const { real } = action.target;
  return {
    title: `Look for ${shortPath(deps.plan.project, real)}`,
    prepare: () => Promise.resolve(shownAsText(stateEffect(real, 1), `look for ${shown}`)),
    take(ran): Promise<Taken> {
      const { exists, kind } = stateOf(ran);
      return Promise.resolve({
        reply: { ok: true, value: exists && (kind === "file" || kind === "directory") },
        bytes: 1,
        redactions: [],
        classes: [],
      });
    },
  };
}

/**
 * Plans `list-dir` of a folder of the project.
 *
 * @param reading Whose call, what it names.
 * @returns Effect and value of the plan.
 */
export function planList(reading: FileReading): Pick<HostPlan, "prepare" | "take" | "title"> {
  const { deps, context, action, shown } = reading;
  const { real } = action.target;
  const most = deps.plan.limits.listEntries;
  return {
    title: `List ${shortPath(deps.plan.project, real)}`,
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "files",
        spec: { op: "list", target: real, depth: 1, maxEntries: most },
        present: (value) => unpresented(value.op),
      }, `list ${shown}`)),
    take(ran): Promise<Taken> {
      if (!ran.outcome.ok) throw faultOf(ran.outcome);
      if (ran.backend !== "files" || ran.outcome.value.op !== "list") throw unlike();
      if (ran.outcome.value.truncated) {
        throw new HostFault("exhausted", `Cannot list "${shown}": more than ${most} entries`);
      }
      const entries = ran.outcome.value.entries.filter(({ path }) => isShown(reading, path)).map((entry) => ({
        name: deps.redactor.mask(entry.path).text,
        kind: entry.kind === "special" ? "other" : entry.kind,
        size: BigInt(entry.size ?? 0),
      })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const bytes = entries.reduce((sum, { name }) => sum + Buffer.byteLength(name) + 16, 0);
      return Promise.resolve({ reply: { ok: true, value: entries }, bytes, redactions: [], classes: [] });
    },
  };
  // Core code sees every name, so that it can say what it did not open; a guest sees what it could read.
  function isShown({ action: listed }: FileReading, name: string): boolean {
    if (context.guest.tier === "host-readonly") return true;
    const path = listed.target.real === "/" ? `/${name}` : `${listed.target.real}/${name}`;
    const target: PathTarget = { kind: "path", real: path, lexical: path, file: "file", staged: false };
    const verdict = deps.policy.decide({ ...listed, target, classes: deps.plan.classify(target) });
    return verdict.decision !== "deny";
  }
}

/**
 * Makes the effect that looks at a path through the tier, with its content where it is small enough.
 *
 * @param real Real path.
 * @param maxBytes A larger file gives no content.
 * @returns The effect.
 */
export function stateEffect(real: string, maxBytes: number): Effect {
  return { backend: "files", spec: { op: "state", target: real, maxBytes }, present: (value) => unpresented(value.op) };
}

function stateOf(
  ran: EffectOutcome,
): { readonly exists: boolean; readonly kind: string; readonly bytes: Uint8Array | null } {
  if (!ran.outcome.ok) throw faultOf(ran.outcome);
  if (ran.backend !== "files" || ran.outcome.value.op !== "state") throw unlike();
  return ran.outcome.value.state;
}

/**
 * Makes the fault of a tier's outcome.
 *
 * @param outcome A failed outcome.
 * @returns A typed error.
 */
export function faultOf(outcome: { readonly code: string; readonly reason: string }): Error {
  const reply = replyOfFailure({ code: outcome.code, message: outcome.reason, hint: null });
  if (reply.ok || reply.error.tag === "cancelled") return new HostCancelled();
  const { tag } = reply.error;
  switch (tag) {
    case "denied":
    case "not-found":
    case "exists":
    case "invalid":
    case "exhausted":
      return new HostFault(tag, outcome.reason);
    default:
      return new HostFault("failed", outcome.reason);
  }
}

/** The call was stopped while it ran. */
export class HostCancelled extends Error {}

function unlike(): HostFault {
  return new HostFault("failed", "Cannot read the outcome: it came from another tier");
}

// What a guest gets is masked like what a model gets. Core code sees it as it is: its report is masked by the gate.
async function maskRead(
  { deps, context, shown, ...reading }: FileReading,
  bytes: Uint8Array,
): Promise<{ readonly bytes: Uint8Array; readonly redactions: readonly Redaction[] }> {
  if (context.guest.tier === "host-readonly") return { bytes, redactions: [] };
  return await maskBytes(deps.redactor, bytes, { redact: reading.obligations().redact, shown });
}

/**
 * Masks bytes on their way to a guest: exact values always, what detectors find where a rule obliges to it.
 *
 * @param redactor Knows every secret value.
 * @param bytes The bytes.
 * @param rules What must be masked, and what to call it.
 * @returns Masked bytes and what was masked.
 * @throws {HostFault} `denied` when a rule wants something masked and the bytes are no text.
 */
export async function maskBytes(
  redactor: Redactor,
  bytes: Uint8Array,
  rules: { readonly redact: Obligations["redact"]; readonly shown: string },
): Promise<{ readonly bytes: Uint8Array; readonly redactions: readonly Redaction[] }> {
  const exact = redactor.maskBytes(bytes);
  if (rules.redact.length === 0) return exact;
  const text = decodeText(exact.bytes);
  if (text === null) {
    throw new HostFault(
      "denied",
      `Cannot read "${rules.shown}": a rule wants ${rules.redact.join(", ")} masked, and it is no text`,
    );
  }
  const masked = await redactor.maskDetected(text, rules.redact);
  return { bytes: new TextEncoder().encode(masked.text), redactions: [...exact.redactions, ...masked.redactions] };
}
